import type { LogRef } from '../../eventlog/index.ts';
import { HeadgateError } from '../../kernel/errors.ts';
import { stateOf } from './log-state.ts';
import type { Look } from './log-watch.ts';
import type { SourceCatalog } from './source-catalog.ts';

/** After so many looks the logs are looked for anew: another attempt, or a copy in another source, may have come. */
const LOOKS_BEFORE_SEARCH = 30;

interface Found {
  readonly catalog: SourceCatalog;
  log: LogRef;
}

/** Looks at the logs of one application in these sources: finds them at first and when one is gone, and asks each for its state. */
export function watchedLogs(catalogs: readonly SourceCatalog[], appId: string): Look {
  let found: Found[] = [];
  let looks = 0;
  const search = async (signal: AbortSignal): Promise<void> => {
    const answers = await Promise.all(
      catalogs.map(async (catalog) => {
        try {
          return (await catalog.logsOf(appId, signal)).map(({ log }): Found => ({ catalog, log }));
        } catch (error) {
          if (!(error instanceof HeadgateError)) throw error;
          // A source that cannot be asked now still has what it had.
          return found.filter((one) => one.catalog === catalog);
        }
      }),
    );
    found = answers.flat();
    looks = 0;
  };
  const refresh = async (signal: AbortSignal): Promise<void> => {
    await Promise.all(
      found.map(async (one) => {
        one.log = await one.catalog.refresh(one.log, signal);
      }),
    );
  };
  return async (signal) => {
    looks += 1;
    if (found.length === 0 || looks > LOOKS_BEFORE_SEARCH) await search(signal);
    try {
      await refresh(signal);
    } catch (error) {
      if (!(error instanceof HeadgateError) || error.code !== 'not_found') throw error;
      // Spark renames a log at its end.
      for (const { catalog } of found) catalog.invalidate();
      await search(signal);
    }
    const states = found.map(({ log }) => `${log.path} ${stateOf(log)}`);
    const local = found.filter(({ catalog }) => catalog.source.place.kind === 'folder');
    return { state: states.sort().join('\n'), localPaths: local.flatMap(({ log }) => pathsOf(log)) };
  };
}

/** The last file tells of writes, the folder of a rolling log of further files. */
function pathsOf(log: LogRef): string[] {
  const last = log.files.at(-1)?.path ?? log.path;
  return last === log.path ? [log.path] : [log.path, last];
}
