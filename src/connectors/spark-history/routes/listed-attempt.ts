import { pathToFileURL } from 'node:url';
import type { ListedAttempt } from '../../../eventlog/index.ts';
import type { ApplicationEntry } from '../spark-history.ts';

/** An entry of the history as the REST lists it. */
export function listedAttempt(entry: ApplicationEntry): ListedAttempt {
  return {
    appId: entry.appId,
    attemptId: entry.attemptId,
    name: entry.name ?? '',
    user: entry.user,
    sparkVersion: entry.sparkVersion,
    startTime: entry.startTime,
    endTime: entry.endTime,
    completed: entry.status === 'COMPLETED',
    lastUpdated: entry.modifiedMs,
    exitCode: entry.exitCode,
    sourceName: entry.server,
    sourcePath: entry.place.startsWith('/') ? pathToFileURL(entry.place).href : entry.place,
  };
}
