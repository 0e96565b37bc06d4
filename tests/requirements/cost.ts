import type { Requirement } from './requirement.ts';

/** What the cost of a run promises. */
export const requirements = [
  {
    id: 'cost.dated-tables',
    behaviour:
      'Prices are data: every table has an id, a currency, the day it is of and the page it is from; EMR Serverless, EC2, EMR on EKS, Databricks, Glue and own hardware are there.',
    source: 'issue: Cost',
  },
  {
    id: 'cost.used',
    behaviour: 'Core-hours, memory-hours and money used are those of every executor and the driver for their time.',
    source: 'issue: Cost',
  },
  {
    id: 'cost.wasted-upper-bound',
    behaviour: 'What was wasted is the core time without a task and of lost attempts, at most all of it.',
    source: 'issue: Cost',
  },
  {
    id: 'cost.saved',
    behaviour: 'Saved core-hours cost what the run paid for a core-hour on average.',
    source: 'issue: Cost',
  },
  {
    id: 'cost.gaps',
    behaviour: 'What the log does not tell is a stated gap, never a made-up number: no time, no cores, no memory.',
    source: 'issue: Bad input',
  },
] as const satisfies readonly Requirement[];
