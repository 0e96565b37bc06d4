import type { Application, LogRef } from '../../eventlog/index.ts';

/** What the first and last lines of a log tell. */
export interface LogHeadline {
  readonly appId: string | null;
  readonly attemptId: string | null;
  readonly name: string | null;
  readonly user: string | null;
  readonly sparkVersion: string | null;
  readonly startTime: number | null;
  readonly endTime: number | null;
  readonly completed: boolean;
}

/** The event-log engine as this room uses it. */
export interface LogReader {
  findLogs(
    path: string,
    options?: { signal?: AbortSignal; root?: string },
  ): Promise<{ logs: LogRef[]; ignored: Array<{ path: string; reason: string }> }>;
  readHeadline(log: LogRef, options?: { signal?: AbortSignal }): Promise<LogHeadline>;
  readApplication(
    log: LogRef,
    options?: { signal?: AbortSignal; onProgress?: (done: number, total: number) => void },
  ): Promise<Application>;
}
