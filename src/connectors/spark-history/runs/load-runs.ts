import { logicalName, wasSummarisedOnSpark } from '../../../insight/index.ts';
import { HeadgateError } from '../../../kernel/errors.ts';
import { labelLog } from '../../../kernel/log-text.ts';
import { nearest } from '../../../kernel/nearest.ts';
import { label } from '../../../kernel/quote.ts';
import type { Progress } from '../../../kernel/tool.ts';
import { countNoun } from '../../../kernel/units.ts';
import { readRange } from '../dates.ts';
import { optionalText } from '../parameters.ts';
import type { SparkHistory } from '../spark-history.ts';
import type { CollectedRuns, SeenRun } from './collect-runs.ts';

/** Sentences of incomplete logs that are named in one answer. */
const NAMED_GAPS = 3;

/** Which logical application, in the words that the tools over runs share. */
export const runsInput = {
  app_name: optionalText().describe('Name; dates, counters and ids in it do not matter'),
  app_id: optionalText().describe('Instead: one of its runs'),
  server: optionalText(),
  since: optionalText().describe('Earliest start: 2026-01-31 or RFC 3339'),
  until: optionalText(),
};

interface RunsInput {
  readonly app_name?: string | undefined;
  readonly app_id?: string | undefined;
  readonly server?: string | undefined;
  readonly since?: string | undefined;
  readonly until?: string | undefined;
}

interface RunsContext {
  readonly spark: SparkHistory;
  readonly signal: AbortSignal;
  readonly progress: (progress: Progress) => void;
}

/** Runs of one logical application, the earliest first. */
export interface LogicalRuns {
  /** Text of a log. */
  readonly key: string;
  readonly runs: readonly SeenRun[];
}

/** What was asked for, in logical applications. */
export interface LoadedRuns {
  /** The one that ran last first. */
  readonly applications: readonly LogicalRuns[];
  /** Logs that belong to the answer and are not read yet. */
  readonly unreadCount: number;
  readonly gaps: readonly string[];
}

/**
 * Runs of the logical application that an input names, or of all. Errors: `invalid_argument` (a date; both a name and an id),
 * `not_found` with the nearest names or ids.
 */
export async function loadRuns(input: RunsInput, { spark, signal, progress }: RunsContext): Promise<LoadedRuns> {
  const { app_id: appId, server } = input;
  const asked = readName(input);
  const listing = await spark.runs({
    server,
    appId,
    logicalName: asked?.name,
    ...readRange(input),
    signal,
    progress,
  });
  const applications = narrow(groupRuns(listing.runs), asked?.key, appId);
  if (applications.length === 0 && asked !== null && !isBounded(input)) {
    throw await unknownName(asked.given, { spark, signal, progress }, server);
  }
  return {
    applications,
    unreadCount: listing.unreadCount,
    gaps: gapsOfRuns({ ...listing, runs: applications.flatMap((one) => one.runs) }),
  };
}

const isBounded = ({ since, until }: RunsInput): boolean => since !== undefined || until !== undefined;

/** A name, or a key as answers show it: `orders-# [spark.yarn.queue=etl]`. */
function readName({ app_name: given, app_id: appId }: RunsInput) {
  if (given === undefined) return null;
  if (appId !== undefined) {
    throw new HeadgateError('invalid_argument', 'Both app_name and app_id are given.', { hint: 'Give one of them.' });
  }
  const bare = given.replace(/^«(.*)»$/s, '$1');
  const [, name = bare, properties] = /^(.*?) (\[[^[\]]+=[^[\]]*\])$/s.exec(bare) ?? [];
  const logical = logicalName(name);
  return { given, name: logical, key: properties === undefined ? undefined : `${logical} ${properties}` };
}

/** Runs by logical key, the application that ran last first. */
function groupRuns(runs: readonly SeenRun[]): LogicalRuns[] {
  const groups = new Map<string, SeenRun[]>();
  for (const run of runs) {
    const group = groups.get(run.record.logicalKey);
    if (group === undefined) groups.set(run.record.logicalKey, [run]);
    else group.push(run);
  }
  const startOf = (run: SeenRun | undefined): number => run?.record.startMs ?? 0;
  return [...groups]
    .map(([key, group]) => ({ key, runs: group.sort((a, b) => startOf(a) - startOf(b) || compareIds(a, b)) }))
    .sort((a, b) => startOf(b.runs.at(-1)) - startOf(a.runs.at(-1)) || (a.key < b.key ? -1 : 1));
}

const compareIds = (a: SeenRun, b: SeenRun): number => (a.record.appId < b.record.appId ? -1 : 1);

function narrow(applications: LogicalRuns[], key: string | undefined, appId: string | undefined): LogicalRuns[] {
  if (key !== undefined) return applications.filter((one) => one.key === key);
  if (appId === undefined) return applications;
  const own = applications.filter(({ runs }) => runs.some(({ record }) => record.appId === appId));
  return own.length > 0 ? own : applications;
}

/** What limits an answer over runs, in sentences. */
export function gapsOfRuns({ runs, notes, unreadCount }: CollectedRuns): string[] {
  const onSpark = runs.filter(({ record }) => wasSummarisedOnSpark(record)).length;
  const incomplete = runs.filter(({ record }) => record.gaps.length > 0 && !wasSummarisedOnSpark(record));
  const sentences = [...new Set(incomplete.flatMap(({ record }) => record.gaps))];
  return [
    ...notes,
    ...(unreadCount > 0
      ? [
          `${countNoun(unreadCount, 'log')} not read yet: the answer is of the others. The same call again goes on reading.`,
        ]
      : []),
    ...(onSpark > 0
      ? [
          `${countNoun(onSpark, 'run')} summarised on Spark: nobody has looked for their problems; get_job_bottlenecks does, of one.`,
        ]
      : []),
    ...(incomplete.length > 0
      ? [
          `${incomplete.length} of ${countNoun(runs.length, 'run')} have an incomplete log: ${sentences.slice(0, NAMED_GAPS).join(' ')}`,
        ]
      : []),
  ];
}

async function unknownName(given: string, context: RunsContext, server: string | undefined): Promise<HeadgateError> {
  const { entries } = await context.spark.applications({ server, signal: context.signal });
  const names = [...new Set(entries.map(({ name }) => labelLog(logicalName(name ?? ''))))].filter(
    (name) => name !== '',
  );
  return new HeadgateError('not_found', `There is no run of an application named "${label(given)}".`, {
    hint: 'list_run_history without a name lists all of them.',
    details: { nearest: nearest(labelLog(logicalName(given)), names) },
  });
}
