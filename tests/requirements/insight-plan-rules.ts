import type { Requirement } from './requirement.ts';

/** What the rules about plans and data promise. */
export const requirements = [
  {
    id: 'insight-plan-rules.rules-fire',
    behaviour:
      'Each rule about plans and data finds its problem, cites the plan node or the stage, and says by changes what the run would be without it.',
    source: 'issue: Rules',
  },
  {
    id: 'insight-plan-rules.thresholds',
    behaviour: 'Each rule about plans and data fires at its documented threshold and not one step beyond it.',
    source: 'issue: Rules, one at the threshold',
  },
  {
    id: 'insight-plan-rules.near-misses',
    behaviour:
      'What only looks like the problem is no finding: a broadcast that is there, tiny sides of a cross join, a cached table read again, a table without partitions, few small files.',
    source: 'issue: Figures, near-miss controls',
  },
  {
    id: 'insight-plan-rules.real-logs',
    behaviour:
      'The rules find their problems in logs that Spark 3.5 and 4.3 wrote, and nothing in those of healthy runs.',
    source: 'issue: Shown by, rule tests on real logs',
  },
  {
    id: 'insight-plan-rules.exact-advice',
    behaviour:
      'Advice is the line to change: a property with its value, a hint with the table, a call with its argument.',
    source: 'issue: What a user gets, the exact change',
  },
  {
    id: 'insight-plan-rules.stages-matched',
    behaviour:
      'The parts of a plan are matched with the stages that ran them by what these wrote and read; where two could have, with none.',
    source: 'issue: Rules, evidence',
  },
  {
    id: 'insight-plan-rules.bad-input',
    behaviour:
      'Plans that are missing, cut, deep or nonsense, and metrics that are missing or impossible, give no error, no NaN and no negative time.',
    source: 'issue: Bad input',
  },
] as const satisfies readonly Requirement[];
