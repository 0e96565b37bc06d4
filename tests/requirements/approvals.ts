import type { Requirement } from './requirement.ts';

const source = 'issue: Approvals and operations';

/** What is promised of approvals. */
export const requirements = [
  {
    id: 'approvals.asked',
    behaviour:
      'A client that can be asked gets a form with summary and plan, over both eras; on a yes the call runs once.',
    source,
  },
  {
    id: 'approvals.refused',
    behaviour: 'A no, a form without the yes, and a closed question are clear errors, and nothing is done.',
    source,
  },
  {
    id: 'approvals.token',
    behaviour:
      'Who cannot be asked gets failed_precondition with plan, summary, payload hash, expiry and a confirm token, which the same call takes once, on every face.',
    source,
  },
  {
    id: 'approvals.token-bound',
    behaviour:
      'A token that is expired, used, unknown, of other arguments, of another tool or of another caller is an error of its own, and nothing is done.',
    source,
  },
  {
    id: 'approvals.answer-bound',
    behaviour:
      'An answer counts once and for the payload that was asked about; one that nobody asked for counts nothing.',
    source,
  },
  {
    id: 'approvals.once',
    behaviour: 'Of calls with one token at the same moment, from however many processes, one runs.',
    source,
  },
  {
    id: 'approvals.by-payload',
    behaviour:
      'A tool says for each payload whether it needs approval; what destroys needs one always, and the scope write.',
    source,
  },
  {
    id: 'approvals.listed',
    behaviour: 'Tools that may need approval list confirm_token, and no other tool does.',
    source,
  },
  {
    id: 'approvals.audited',
    behaviour:
      'The audit log has what was asked, approved and refused, before the call that acts, under the hash of the same arguments; the store has no token.',
    source,
  },
] as const satisfies readonly Requirement[];
