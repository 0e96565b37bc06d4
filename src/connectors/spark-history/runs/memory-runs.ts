import type { KeptRun, RunHistoryPort, RunScope } from '../../../kernel/run-history.ts';

/** Runs remembered of one source: 10 MB of records. */
const MOST_RUNS = 5_000;

/** A history of runs that lasts as long as this process, for where there is no store. The runs kept longest ago go first. */
export function createMemoryRuns(): RunHistoryPort {
  const sources = new Map<string, Map<string, KeptRun>>();
  const runsOf = ({ tenant, source }: RunScope): Map<string, KeptRun> => {
    const key = `${tenant}\u0000${source}`;
    const runs = sources.get(key) ?? new Map<string, KeptRun>();
    sources.set(key, runs);
    return runs;
  };
  return {
    async keep(scope, some) {
      const runs = runsOf(scope);
      for (const run of some) {
        const key = `${run.appId}\u0000${run.attemptId ?? ''}`;
        runs.delete(key);
        runs.set(key, run);
      }
      for (const key of runs.keys()) {
        if (runs.size <= MOST_RUNS) break;
        runs.delete(key);
      }
    },
    async known(scope) {
      return [...runsOf(scope).values()];
    },
    async find(scope, { logicalNames, appId, redaction, limit, since, until }) {
      return [...runsOf(scope).values()]
        .filter((run) => run.redaction === redaction)
        .filter((run) => logicalNames?.includes(run.logicalName) ?? true)
        .filter((run) => appId === undefined || run.appId === appId)
        .filter(({ startMs }) => since === undefined || (startMs !== null && startMs >= since))
        .filter(({ startMs }) => until === undefined || (startMs !== null && startMs <= until))
        .sort((a, b) => (b.startMs ?? 0) - (a.startMs ?? 0))
        .slice(0, limit);
    },
  };
}
