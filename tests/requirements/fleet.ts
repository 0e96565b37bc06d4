import type { Requirement } from './requirement.ts';

/** What the overview of all applications promises. */
export const requirements = [
  {
    id: 'fleet.every-application',
    behaviour: 'get_fleet_overview has every logical application of a source with runs, failures, cost and waste.',
    source: 'issue: History, get_fleet_overview',
  },
  {
    id: 'fleet.absolute-size',
    behaviour: 'A fleet ranks applications and problems by absolute size: core-hours, then seconds.',
    source: 'issue: Rules, materiality',
  },
  {
    id: 'fleet.order-free',
    behaviour: 'The overview does not depend on the order of runs.',
    source: 'style: Tests',
  },
  {
    id: 'fleet.waste-is-a-bound',
    behaviour: 'Waste is an upper bound and labelled so.',
    source: 'issue: Cost',
  },
  {
    id: 'fleet.unreadable-named',
    behaviour: 'Logs and sources that could not be read are counted and named; the rest is still answered.',
    source: 'issue: Bad input',
  },
  {
    id: 'fleet.threads',
    behaviour: 'Many logs of a folder are read on several threads, with the same records as one by one.',
    source: 'issue: Figures, get_fleet_overview',
  },
  {
    id: 'fleet.reads-once',
    behaviour: 'What was read of a log that did not change is not read again.',
    source: 'issue: History',
  },
  {
    id: 'fleet.spark-equals-local',
    behaviour: 'What Spark summarises of a whole log equals what the local engine makes of it, number by number.',
    source: 'issue: Fleet on Spark',
  },
  {
    id: 'fleet.spark-leaves-damaged',
    behaviour: 'A log that lacks events, has some twice or has no end is left to the local engine.',
    source: 'issue: Fleet on Spark',
  },
  {
    id: 'fleet.spark-switch',
    behaviour:
      'Spark summarises on request, and by itself above a size; where it fails, this machine reads, and says why.',
    source: 'issue: Fleet on Spark',
  },
] as const satisfies readonly Requirement[];
