import type { Requirement } from './requirement.ts';

const source = 'issue: Approvals and operations';

/** What is promised of long runs. */
export const requirements = [
  {
    id: 'operations.in-time',
    behaviour:
      'A long tool that is done in time answers like any other, and leaves nothing behind unless it can be repeated.',
    source,
  },
  {
    id: 'operations.handed-over',
    behaviour:
      'One that takes longer answers with its operation; get_operation waits for its result, cancel_operation ends it, list_operations lists it.',
    source,
  },
  {
    id: 'operations.client-gone',
    behaviour: 'A client that goes away before the handover ends the work; after it the work goes on.',
    source,
  },
  {
    id: 'operations.tenant',
    behaviour: 'Operations of another tenant are not there.',
    source,
  },
  {
    id: 'operations.taken-over',
    behaviour:
      'When a process is killed, another goes on with what can be repeated, once, and says `aborted` of the rest; on SQLite and on PostgreSQL.',
    source,
  },
  {
    id: 'operations.closed',
    behaviour: 'A gateway that closes gives its operations back, and the next one goes on with them.',
    source,
  },
  {
    id: 'operations.cancel-anywhere',
    behaviour: 'An operation is cancelled from whichever process.',
    source,
  },
  {
    id: 'operations.one-owner',
    behaviour:
      'Of processes that look for orphans at the same moment one gets each; who lost an operation changes nothing of it.',
    source,
  },
  {
    id: 'operations.secrets',
    behaviour: 'Arguments in which secrets are recognized are not kept.',
    source,
  },
  {
    id: 'operations.retention',
    behaviour: 'Ended operations and approvals are forgotten after some days; what runs is not.',
    source,
  },
  {
    id: 'operations.tasks',
    behaviour:
      'A 2026-07-28 client that declares tasks gets a task instead, with tasks/get, tasks/update and tasks/cancel; no other client does.',
    source,
  },
  {
    id: 'operations.metrics-resource',
    behaviour:
      'metrics://system tells memory, CPU, event-loop delay, calls, sessions and operations, and notifies subscribers.',
    source,
  },
  {
    id: 'operations.long-sql',
    behaviour:
      'A query that takes longer than a client waits goes on as an operation; cancelling that ends it on the server.',
    source,
  },
] as const satisfies readonly Requirement[];
