import type { LogReader } from '../log-reader.ts';

/** A reader that is made, with the client library that it needs, when it is asked for the first time. */
export function lazyReader(load: () => Promise<LogReader>): LogReader {
  let loading: Promise<LogReader> | null = null;
  const reader = (): Promise<LogReader> => {
    loading ??= load().catch((error: unknown) => {
      // What failed to load may load the next time: a secret's file that is there by then.
      loading = null;
      throw error;
    });
    return loading;
  };
  return {
    findLogs: async (options) => (await reader()).findLogs(options),
    refresh: async (log, options) => (await reader()).refresh(log, options),
    readHeadline: async (log, options) => (await reader()).readHeadline(log, options),
    readApplication: async (log, options) => (await reader()).readApplication(log, options),
    health: async (options) => (await reader()).health(options),
    close: async () => {
      if (loading !== null) await (await loading).close();
    },
  };
}
