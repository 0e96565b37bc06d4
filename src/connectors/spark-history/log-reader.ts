import type { Application, LogHeadline, LogRef } from '../../eventlog/index.ts';

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
