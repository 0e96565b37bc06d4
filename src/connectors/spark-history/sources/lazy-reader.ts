import type { OpenFile } from '../../../eventlog/index.ts';
import type { LogReader } from '../log-reader.ts';

/** What is known of a reader before it is made. */
interface Promised {
  readonly headlinesAtOnce?: number;
  /** It has `openFile`. */
  readonly opensFiles?: boolean;
  /** It has `readDetails`. */
  readonly readsDetails?: boolean;
  /** It has `readThreads`. */
  readonly readsThreads?: boolean;
}

/** A reader that is made, with the client library that it needs, when it is asked for the first time. */
export function lazyReader(load: () => Promise<LogReader>, promised: Promised = {}): LogReader {
  let loading: Promise<LogReader> | null = null;
  const reader = (): Promise<LogReader> => {
    loading ??= load().catch((error: unknown) => {
      // What failed to load may load the next time: a secret's file that is there by then.
      loading = null;
      throw error;
    });
    return loading;
  };
  const openFile: OpenFile = async (file) => {
    const open = (await reader()).openFile;
    if (open === undefined) throw new Error('A reader was said to open files and does not.');
    return open(file);
  };
  const readThreads: NonNullable<LogReader['readThreads']> = async (...asked) => {
    const made = await reader();
    if (made.readThreads === undefined) throw new Error('A reader was said to read threads and does not.');
    return made.readThreads(...asked);
  };
  const readDetails: NonNullable<LogReader['readDetails']> = async (...asked) => {
    const made = await reader();
    if (made.readDetails === undefined) throw new Error('A reader was said to read details and does not.');
    return made.readDetails(...asked);
  };
  return {
    ...(promised.headlinesAtOnce === undefined ? {} : { headlinesAtOnce: promised.headlinesAtOnce }),
    ...(promised.opensFiles === true ? { openFile } : {}),
    ...(promised.readsDetails === true ? { readDetails } : {}),
    ...(promised.readsThreads === true ? { readThreads } : {}),
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
