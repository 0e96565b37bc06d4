import type { Requirement } from './requirement.ts';

/** What recommend_configuration promises. */
export const requirements = [
  {
    id: 'recommend.empty',
    behaviour: 'The patch of an application in which nothing is wrong is empty, and the answer says so.',
    source: 'issue: Evaluation, recommend_configuration',
  },
  {
    id: 'recommend.explained',
    behaviour: 'Each line of the patch has its evidence with an address, its rules and the runs that show it.',
    source: 'issue: Evaluation, recommend_configuration',
  },
  {
    id: 'recommend.saving',
    behaviour: 'The saving is of the whole patch, by one replay of each run, with an 80 % interval.',
    source: 'issue: Replay',
  },
  {
    id: 'recommend.left-out',
    behaviour: 'What is not followed is listed with the reason.',
    source: 'issue: Evaluation, recommend_configuration',
  },
  {
    id: 'recommend.contradictions',
    behaviour:
      'Findings that contradict each other are settled by the evidence of all runs; memory that a run was short of is never lowered.',
    source: 'issue: Evaluation, recommend_configuration',
  },
  {
    id: 'recommend.limits',
    behaviour: 'No recommended value is above the limits of the cluster.',
    source: 'issue: Evaluation, recommend_configuration',
  },
  {
    id: 'recommend.already-set',
    behaviour: 'What is right already is not in the patch.',
    source: 'issue: Evaluation, recommend_configuration',
  },
  {
    id: 'recommend.last-runs',
    behaviour: 'The last runs of an application are those of the same logical name that ended, the newest first.',
    source: 'issue: History',
  },
] as const satisfies readonly Requirement[];
