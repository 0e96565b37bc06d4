import { z } from 'zod';
import { logicalName, recommendConfiguration as recommend, strictest } from '../../../insight/index.ts';
import { HeadgateError } from '../../../kernel/errors.ts';
import { tableSchema } from '../../../kernel/table.ts';
import { firstRows } from '../first-rows.ts';
import { gapsOf, gapsOutput, silentSource } from '../gaps.ts';
import { count, optionalCount, optionalText } from '../parameters.ts';
import { type ApplicationEntry, defineSparkTool, type LoadedApplication, loadApplication } from '../spark-history.ts';

/** Most runs that are read for one answer. */
const MAX_RUNS = 20;
const MAX_LEFT_OUT = 20;

const PATCH_COLUMNS = ['key', 'now', 'value', 'rules', 'run_count', 'why'] as const;
const RUN_COLUMNS = ['app_id', 'wall_ms', 'saved_seconds', 'low_seconds', 'high_seconds'] as const;
const LEFT_OUT_COLUMNS = ['key', 'value', 'reason'] as const;

export const recommendConfiguration = defineSparkTool({
  name: 'recommend_configuration',
  title: 'Recommend a configuration',
  description:
    'One consistent spark-submit --conf patch for an application from its last runs: each property with its evidence, what the whole patch saves by replay (80 % interval), what was left out and why. Name app_id or app_name.',
  risk: 'read',
  toolsets: ['spark-history', 'spark-history-compact'],
  input: z.object({
    app_id: optionalText().describe('Any run of it'),
    app_name: optionalText(),
    server: optionalText(),
    runs: count(5),
    max_executors: optionalCount(),
    max_executor_cores: optionalCount(),
    max_executor_memory_gb: optionalCount().describe('With overhead'),
    max_cores: optionalCount(),
  }),
  output: z.object({
    verdict: z.string(),
    submit_options: z.array(z.string()),
    patch: tableSchema(PATCH_COLUMNS),
    saving: z
      .object({
        app_id: z.string(),
        seconds: z.number(),
        share: z.number(),
        interval_seconds: z.array(z.number()).length(2),
        core_hours: z.number().nullable(),
      })
      .nullable(),
    replayed_runs: tableSchema(RUN_COLUMNS),
    left_out: tableSchema(LEFT_OUT_COLUMNS),
    runs: z.array(z.string()),
    gaps: gapsOutput,
  }),
  handler: async (input, context) => {
    const { loaded, silent } = await loadRuns(input, context);
    const answer = recommend(
      loaded.map(({ application }) => application),
      strictest(context.limits ?? {}, {
        maxExecutors: input.max_executors,
        maxExecutorCores: input.max_executor_cores,
        maxExecutorMemoryGib: input.max_executor_memory_gb,
        maxCores: input.max_cores,
      }),
    );
    const { saving } = answer;
    return {
      verdict: answer.verdict,
      submit_options: [...answer.submitOptions],
      patch: firstRows(answer.patch, answer.patch.length, PATCH_COLUMNS, ({ key, now, value, rules, runs, why }) => ({
        key,
        now,
        value,
        rules,
        run_count: runs.length,
        why: why.join(' '),
      })),
      saving:
        saving === null
          ? null
          : {
              app_id: saving.appId,
              seconds: saving.savedSeconds,
              share: saving.share,
              interval_seconds: [...saving.intervalSeconds],
              core_hours: saving.coreHours,
            },
      replayed_runs: firstRows(answer.savings, answer.savings.length, RUN_COLUMNS, (one) => ({
        app_id: one.appId,
        wall_ms: one.wallMs,
        saved_seconds: one.savedSeconds,
        low_seconds: one.intervalSeconds[0],
        high_seconds: one.intervalSeconds[1],
      })),
      left_out: firstRows(answer.leftOut, MAX_LEFT_OUT, LEFT_OUT_COLUMNS, (one) => ({ ...one })),
      runs: [...answer.runs],
      gaps: [...answer.gaps, ...new Set([...silent, ...loaded.flatMap((one) => gapsOf(one))])],
    };
  },
});

type Context = Parameters<typeof loadApplication>[1];

interface Wanted {
  readonly app_id?: string | undefined;
  readonly app_name?: string | undefined;
  readonly server?: string | undefined;
  readonly runs: number;
}

/** Runs, and a sentence on each source that could not be asked for more of them. */
interface Loaded {
  readonly loaded: readonly LoadedApplication[];
  readonly silent: readonly string[];
}

/** The newest runs that ended and share a logical name: that of the application named, or the name itself. */
async function loadRuns(wanted: Wanted, context: Context): Promise<Loaded> {
  const named =
    wanted.app_id === undefined ? null : await loadApplication({ ...wanted, app_id: wanted.app_id }, context);
  const name = named?.application.name ?? wanted.app_name;
  if (name === undefined) {
    throw new HeadgateError('invalid_argument', 'Neither app_id nor app_name is given.', {
      hint: 'Name one of them; list_applications has both.',
    });
  }
  const { entries, unreachable } = await context.spark.applications({
    server: wanted.server,
    signal: context.signal,
    progress: context.progress,
  });
  const newest = newestRuns(entries, name).slice(0, Math.min(MAX_RUNS, wanted.runs));
  if (newest.length === 0 && named === null) {
    throw new HeadgateError('not_found', `No run that ended is named like «${logicalName(name)}».`, {
      hint: 'list_applications has the names; runs that are still going on do not count.',
    });
  }
  const silent = unreachable.map(silentSource);
  if (newest.length === 0 && named !== null) return { loaded: [named], silent };
  const loaded = await Promise.all(
    newest.map(({ appId, attemptId, server }) =>
      context.spark.application(appId, { server, attemptId, signal: context.signal, progress: context.progress }),
    ),
  );
  return { loaded, silent };
}

/** Each run once, though several sources may have it. */
function newestRuns(entries: readonly ApplicationEntry[], name: string): ApplicationEntry[] {
  const wanted = logicalName(name);
  const seen = new Set<string>();
  return entries
    .filter((entry) => entry.status === 'COMPLETED' && entry.name !== null && logicalName(entry.name) === wanted)
    .toSorted((a, b) => (b.startTime ?? 0) - (a.startTime ?? 0) || (a.appId < b.appId ? -1 : 1))
    .filter(({ appId, attemptId }) => {
      const id = JSON.stringify([appId, attemptId]);
      return !seen.has(id) && seen.add(id);
    });
}
