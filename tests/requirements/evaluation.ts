import type { Requirement } from './requirement.ts';

/** What the evaluation of a change promises. */
export const requirements = [
  {
    id: 'evaluation.verdict',
    behaviour:
      'Two sets of runs are faster, slower or neutral, with noise taken into account, by how much with an interval.',
    source: 'issue: What a user gets, Did it help',
  },
  {
    id: 'evaluation.neutral-within-noise',
    behaviour:
      'Within noise the word is neutral, with the smallest change that could have been seen and the runs it takes.',
    source: 'evaluation: Detection and advice, 4',
  },
  {
    id: 'evaluation.intervals-cover',
    behaviour:
      'The 80 and 95 % intervals cover the true change as often as they say, and a change is claimed where there is none at most about as rarely.',
    source: 'issue: Parts, Evaluation, bootstrap intervals',
  },
  {
    id: 'evaluation.detectable-effect',
    behaviour: 'A change of the stated detectable size is found in most comparisons of that size.',
    source: 'issue: Parts, Evaluation, minimum detectable effect',
  },
  {
    id: 'evaluation.single-runs',
    behaviour: 'One run a side works, and says what cannot be said.',
    source: 'issue: Parts, Evaluation',
  },
  {
    id: 'evaluation.symmetric',
    behaviour:
      'Exchanged sides give the opposite verdict and the inverse interval, and the order of runs does not count.',
    source: 'issue: Shown by, property tests',
  },
  {
    id: 'evaluation.scale-free',
    behaviour: 'Times of all runs multiplied by one number leave ratio and verdict as they are.',
    source: 'issue: Shown by, property tests',
  },
  {
    id: 'evaluation.pairing',
    behaviour:
      'Runs are compared over the same input: others are left out with the reason, or scaled by volume only when asked.',
    source: 'issue: Parts, Evaluation, pairing by plan shape and input volume',
  },
  {
    id: 'evaluation.set-aside',
    behaviour: 'Failed and unfinished runs are set aside with a stated gap, never silently.',
    source: 'issue: Bad input',
  },
  {
    id: 'evaluation.where',
    behaviour: 'The difference is divided among phases and among stages, and each division adds up to it.',
    source: 'issue: What a user gets, Did it help, where',
  },
  {
    id: 'evaluation.cost',
    behaviour: 'Core-hours, memory-hours and, with prices, money are compared.',
    source: 'issue: What a user gets, Did it help, at what cost',
  },
  {
    id: 'evaluation.explained',
    behaviour:
      'What differs between all runs of one side and all of the other is named: findings, configuration, plans, input, version, executors.',
    source: 'issue: What a user gets, Did it help, config and plan changes that explain it',
  },
  {
    id: 'evaluation.bad-input',
    behaviour:
      'Runs without tasks or ends, and clocks that run backwards, give no NaN and no negative time, but a stated gap.',
    source: 'issue: Bad input',
  },
  {
    id: 'evaluation.tool',
    behaviour: 'evaluate_optimization compares sets of runs by id.',
    source: 'issue: Parts, Evaluation, evaluate_optimization',
  },
  {
    id: 'evaluation.compare-causes',
    behaviour: 'compare_job_performance says where the difference lies and what may have caused it.',
    source: 'issue: Parts, Evaluation, compare_job_performance',
  },
  {
    id: 'evaluation.command',
    behaviour: 'headgate analyze PATH --baseline PATH2 prints the comparison.',
    source: 'design: The command line',
  },
] as const satisfies readonly Requirement[];
