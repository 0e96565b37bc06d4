import { z } from 'zod';
import { labelLog } from '../../../kernel/log-text.ts';
import { tableSchema, toTable } from '../../../kernel/table.ts';
import { countNoun } from '../../../kernel/units.ts';
import { applicationNotFound } from '../application-not-found.ts';
import { readDate } from '../dates.ts';
import { gapsOutput, silentSource } from '../gaps.ts';
import { count, optionalText, pageOf, startInput, statesInput } from '../parameters.ts';
import { type ApplicationEntry, type ApplicationListing, defineSparkTool } from '../spark-history.ts';
import { between, rfc3339 } from '../times.ts';

const COLUMNS = [
  'server',
  'app_id',
  'attempt_id',
  'name',
  'user',
  'status',
  'outcome',
  'start_time',
  'end_time',
  'duration_ms',
  'spark_version',
  'log_bytes',
] as const;

/** Unreadable files named in one answer; the others are counted. */
const SHOWN_UNREADABLE = 5;
/** Applications named in one answer as being on several sources; the others are counted. */
const SHOWN_COPIES = 5;

const date = () => optionalText();

export const listApplications = defineSparkTool({
  name: 'list_applications',
  title: 'List Spark applications',
  description:
    'Spark applications of every configured source, newest start first, with outcome. Status COMPLETED finds SUCCEEDED and FAILED runs, RUNNING also INCOMPLETE ones. Next: get_application_summary.',
  risk: 'read',
  toolsets: ['spark-history', 'spark-history-compact'],
  input: z.object({
    server: optionalText().describe('Source; all when absent'),
    app_id: optionalText().describe('Only this one; other filters are ignored'),
    status: statesInput(['SUCCEEDED', 'FAILED', 'COMPLETED', 'RUNNING', 'INCOMPLETE']),
    min_date: date().describe('Earliest start: 2026-01-31 or RFC 3339'),
    max_date: date().describe('Latest start; a bare date includes its day'),
    min_end_date: date(),
    max_end_date: date(),
    limit: count().describe('Rows; 0: all'),
    ...startInput,
  }),
  output: z.object({
    applications: tableSchema(COLUMNS),
    unreachable: z.array(z.object({ server: z.string(), message: z.string() })),
    ignored_count: z.number(),
    gaps: gapsOutput,
  }),
  handler: async (input, { spark, signal, progress }) => {
    const range = readRange(input);
    const listing = await spark.applications({ server: input.server, signal, progress });
    const matching =
      input.app_id === undefined
        ? listing.entries.filter((entry) => hasState(entry, input.status) && inRange(entry, range))
        : entriesOf(listing, input.app_id, spark.servers);
    const page = pageOf({ ...input, length: input.limit });
    const ordered = matching.toSorted(newestFirst);
    return {
      applications: toTable(ordered, page, COLUMNS, cells),
      unreachable: [...listing.unreachable],
      ignored_count: listing.ignored.length,
      gaps: [
        ...gapsOfListing(listing),
        ...copiesOf(listing, ordered.slice(page.offset, page.offset + page.length)),
        ...unknownOutcomes(listing, input, range),
      ],
    };
  },
});

interface DateRange {
  readonly min: number;
  readonly max: number;
  readonly minEnd: number | null;
  readonly maxEnd: number | null;
}

function readRange(
  input: Partial<Record<'min_date' | 'max_date' | 'min_end_date' | 'max_end_date', string | undefined>>,
): DateRange {
  return {
    min: readDate('min_date', input.min_date, 'start') ?? Number.NEGATIVE_INFINITY,
    max: readDate('max_date', input.max_date, 'end') ?? Number.POSITIVE_INFINITY,
    minEnd: readDate('min_end_date', input.min_end_date, 'start'),
    maxEnd: readDate('max_end_date', input.max_end_date, 'end'),
  };
}

/** As in the History Server, RUNNING means that no end was logged, whether or not the log is still written. */
function hasState(entry: ApplicationEntry, states: readonly string[] | undefined): boolean {
  if (states === undefined || states.length === 0 || states.includes(entry.status)) return true;
  if (entry.outcome !== null && states.includes(entry.outcome)) return true;
  return entry.status === 'INCOMPLETE' && states.includes('RUNNING');
}

function inRange(entry: ApplicationEntry, range: DateRange): boolean {
  const { startTime, endTime } = entry;
  const bounded = Number.isFinite(range.min) || Number.isFinite(range.max);
  if (bounded && (startTime === null || startTime < range.min || startTime > range.max)) return false;
  if (range.minEnd !== null && (endTime === null || endTime < range.minEnd)) return false;
  return range.maxEnd === null || (endTime !== null && endTime <= range.maxEnd);
}

function entriesOf(listing: ApplicationListing, appId: string, servers: readonly string[]): ApplicationEntry[] {
  const found = listing.entries.filter((entry) => entry.appId === appId);
  if (found.length > 0) return found;
  throw applicationNotFound(appId, {
    ids: listing.entries.map((entry) => entry.appId),
    unreachable: listing.unreachable,
    servers,
  });
}

/** Runs that a filter by outcome could not judge. */
function unknownOutcomes(
  { entries }: ApplicationListing,
  input: { app_id?: string | undefined; status?: readonly string[] | undefined },
  range: DateRange,
): string[] {
  const states = input.status ?? [];
  if (input.app_id !== undefined || states.includes('COMPLETED')) return [];
  if (!states.includes('SUCCEEDED') && !states.includes('FAILED')) return [];
  const count = entries.filter(
    (entry) => entry.status === 'COMPLETED' && entry.outcome === null && inRange(entry, range),
  ).length;
  return count === 0
    ? []
    : [
        `${countNoun(count, 'completed application')} left out: the last lines of the log do not tell the outcome. status COMPLETED lists them, get_application_summary reads them.`,
      ];
}

const newestFirst = (a: ApplicationEntry, b: ApplicationEntry): number =>
  (b.startTime ?? b.modifiedMs) - (a.startTime ?? a.modifiedMs) ||
  a.appId.localeCompare(b.appId) ||
  a.server.localeCompare(b.server) ||
  a.path.localeCompare(b.path);

const cells = (entry: ApplicationEntry) => ({
  server: entry.server,
  app_id: labelLog(entry.appId),
  attempt_id: entry.attemptId === null ? null : labelLog(entry.attemptId),
  name: entry.name === null ? null : labelLog(entry.name),
  user: entry.user === null ? null : labelLog(entry.user),
  status: entry.status,
  outcome: entry.outcome,
  start_time: rfc3339(entry.startTime),
  end_time: rfc3339(entry.endTime),
  duration_ms: between(entry.startTime, entry.endTime),
  spark_version: entry.sparkVersion === null ? null : labelLog(entry.sparkVersion),
  log_bytes: entry.sizeBytes,
});

/** Applications among those shown that several sources have. */
function copiesOf({ onSeveral }: ApplicationListing, shown: readonly ApplicationEntry[]): string[] {
  const several = [...new Set(shown.map(({ appId }) => appId))].filter((appId) => onSeveral.has(appId));
  const named = several.slice(0, SHOWN_COPIES).map((appId) => {
    const servers = onSeveral.get(appId)?.join(', ');
    return `Application ${labelLog(appId)} is on several sources: ${servers}. Name one as \`server\`.`;
  });
  const rest = several.length - named.length;
  return rest > 0 ? [...named, `${rest} more of these applications are on several sources.`] : named;
}

function gapsOfListing({ unreachable, ignored, notes }: ApplicationListing): string[] {
  const unread = ignored.filter(({ isDocument }) => !isDocument);
  const shown = unread.slice(0, SHOWN_UNREADABLE).map((file) => `Not read from ${file.server}: ${file.message}`);
  const rest = unread.length - shown.length;
  return [
    ...unreachable.map(silentSource),
    ...shown,
    ...(rest > 0 ? [`${rest} more files are no readable event logs.`] : []),
    ...notes,
  ];
}
