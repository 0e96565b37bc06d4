import type { Requirement } from './requirement.ts';

/** What the rules of the analysis and their weighing by replay promise. */
export const requirements = [
  {
    id: 'insight-rules.gated-by-replay',
    behaviour:
      'A finding is reported when the replay without its problem saves at least 5 % of the wall time or core time of the run, and a second.',
    source: 'issue: Parts, Rules',
  },
  {
    id: 'insight-rules.severity-by-saving',
    behaviour:
      'Severity follows from the share and the size of what is saved; core time alone is a warning but for very large runs.',
    source: 'issue: Parts, Rules',
  },
  {
    id: 'insight-rules.minor-on-request',
    behaviour: 'What is below the gate is kept apart and shown when it is asked for.',
    source: 'issue: Parts, Rules',
  },
  {
    id: 'insight-rules.failures-stand',
    behaviour: 'Failures, gaps of the log and what no replay can show keep the impact that their rule states.',
    source: 'issue: Parts, Rules',
  },
  {
    id: 'insight-rules.combined-never-summed',
    behaviour: 'What all findings together save is one replay with all their changes, never a sum.',
    source: 'issue: Parts, Replay',
  },
  {
    id: 'insight-rules.replay-lazy',
    behaviour: 'A run of which nothing can save enough is not replayed, and nothing is predicted twice.',
    source: 'issue: Figures, 300 ms for 98,000 tasks',
  },
  {
    id: 'insight-rules.causes-folded',
    behaviour: 'Effects, and settings that explain a problem, stand as evidence and advice under their cause.',
    source: 'issue: Parts, Rules',
  },
  {
    id: 'insight-rules.same-changes-once',
    behaviour: 'Two findings that name the same changes are one.',
    source: 'issue: Parts, Rules',
  },
  {
    id: 'insight-rules.incomplete-says-so',
    behaviour: 'Every finding of an incomplete log is less sure and says why.',
    source: 'issue: Parts, Rules',
  },
  {
    id: 'insight-rules.bad-input',
    behaviour: 'Whatever a log says, findings have no NaN, no negative time and nothing undefined in them.',
    source: 'issue: Bad input',
  },
  {
    id: 'insight-rules.order-free',
    behaviour: 'An analysis does not depend on the order in which tasks were logged.',
    source: 'issue: Shown by',
  },
  {
    id: 'insight-rules.scale-free',
    behaviour: 'A problem of a run that is k times as long and large has the same share of it.',
    source: 'issue: Shown by',
  },
  {
    id: 'insight-rules.fast-task-creates-nothing',
    behaviour: 'Another fast task creates no finding while the typical task stays what it is.',
    source: 'issue: Shown by',
  },
  {
    id: 'insight-rules.no-waste-never-slower',
    behaviour: 'A run without its waste is never predicted to be slower.',
    source: 'issue: Shown by',
  },
  {
    id: 'insight-rules.saving-shown',
    behaviour: 'Reports say of each finding what it saves with its interval, and the properties to set.',
    source: 'issue: What a user gets',
  },
  {
    id: 'insight-rules.documented',
    behaviour: 'The reference lists every rule with its rows of the survey, its thresholds and their sources.',
    source: 'issue: Parts, Rules',
  },
  {
    id: 'insight-rules.survey-covered',
    behaviour: 'At least 36 of the 46 rows of the rule survey have a rule.',
    source: 'issue: Parts, Rules',
  },
] as const satisfies readonly Requirement[];
