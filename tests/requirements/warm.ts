import type { Requirement } from './requirement.ts';

/** What is promised of logs that were read before, and of logs that grow. */
export const requirements = [
  {
    id: 'warm.summary-exact',
    behaviour: 'A summary gives back exactly the application that was put in, of every recorded log.',
    source: 'issue: Warm and growing',
  },
  {
    id: 'warm.summary-damaged-absent',
    behaviour:
      'A summary that is damaged, cut or of another version counts as absent: never a wrong answer, never a crash.',
    source: 'issue: Warm and growing',
  },
  {
    id: 'warm.engine-version',
    behaviour:
      'Summaries of another engine are not read, and a changed model that keeps its version number is noticed.',
    source: 'issue: Warm and growing',
  },
  {
    id: 'warm.reopened',
    behaviour: 'A log that was read once is not read again, by this process or another on the same store.',
    source: 'issue: Warm and growing',
  },
  {
    id: 'warm.key',
    behaviour: 'A summary answers only for the tenant, the path and the state of the log that it was made of.',
    source: 'issue: Warm and growing',
  },
  {
    id: 'warm.store-gone',
    behaviour: 'When the store is full or gone, logs are read as before, and the answer says what was not stored.',
    source: 'issue: Bad input',
  },
  {
    id: 'warm.grows-as-read-anew',
    behaviour:
      'A log that grew is read on where it ended, and the result is that of reading it anew, whatever its codec and wherever it was cut.',
    source: 'issue: Warm and growing',
  },
  {
    id: 'warm.replaced-read-anew',
    behaviour: 'A log that was compacted, shortened or replaced is read anew.',
    source: 'issue: Warm and growing',
  },
  {
    id: 'warm.older-answer-stands',
    behaviour: 'An application that was handed out does not change when its log grows.',
    source: 'issue: Warm and growing',
  },
  {
    id: 'warm.notices',
    behaviour:
      'Who subscribes to a resource of an application is told when its log grew or ended, in both eras, over HTTP and stdio.',
    source: 'issue: Warm and growing',
  },
  {
    id: 'warm.watch-only-subscribed',
    behaviour: 'Only what somebody subscribes to is watched, and no longer than that; subscriptions are bounded.',
    source: 'issue: Warm and growing',
  },
] as const satisfies readonly Requirement[];
