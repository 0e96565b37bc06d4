import { HeadgateError } from '../../../../kernel/errors.ts';
import { label } from '../../../../kernel/quoted.ts';
import type { ThreadDump } from '../../log-reader.ts';
import { attemptPath } from './application-from-rest.ts';
import { hasStatus, type RestClient } from './rest-client.ts';
import type { AttemptName } from './rest-listing.ts';
import { WireThreads } from './wire.ts';

export type { ThreadDump } from '../../log-reader.ts';

/**
 * Asks a running application what the threads of its driver or of an executor do.
 * Errors: `failed_precondition` when the server has no running application behind it, or the executor is gone; `not_found`.
 */
export async function readThreads(
  client: RestClient,
  { appId, attemptId }: AttemptName,
  executorId: string,
  signal: AbortSignal | undefined,
): Promise<ThreadDump> {
  const path = `${attemptPath(appId, attemptId)}/executors/${encodeURIComponent(executorId)}/threads`;
  try {
    const threads = await client.json({ path, signal }, WireThreads);
    return threads.map((thread) => ({
      id: thread.threadId,
      name: thread.threadName,
      state: thread.threadState,
      stack: thread.stackTrace.elems.map((line) => line.trimEnd()),
      waitsForLock: (thread.lockName ?? thread.blockedByLock) || null,
      waitsForThread: thread.blockedByThreadId ?? null,
      holds: thread.holdingLocks.length > 0 ? thread.holdingLocks : [...thread.synchronizers, ...thread.monitors],
    }));
  } catch (error) {
    throw explain(error, executorId);
  }
}

function explain(error: unknown, executorId: string): unknown {
  const of = `executor ${label(executorId)}`;
  if (hasStatus(error, [503, 501])) {
    return new HeadgateError(
      'failed_precondition',
      'This server gives no thread dumps: a History Server only has logs.',
      {
        hint: 'Configure the UI of the running application as a source: live_ui with its address, http://DRIVER:4040.',
        cause: error,
      },
    );
  }
  if (hasStatus(error, [400])) {
    return new HeadgateError(
      'failed_precondition',
      `There is no thread dump of ${of}: it is not active, or no executor.`,
      {
        hint: 'list_executors shows the active ones; "driver" is the driver.',
        cause: error,
      },
    );
  }
  if (hasStatus(error, [404])) {
    return new HeadgateError('not_found', `There is no thread dump of ${of}.`, {
      hint: 'list_executors shows the active ones; "driver" is the driver. Without spark.ui.threadDumpsEnabled there are none.',
      cause: error,
    });
  }
  return error;
}
