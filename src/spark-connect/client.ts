import { userInfo } from 'node:os';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { HeadgateError } from '../kernel/errors.ts';
import type { SqlColumn } from '../kernel/sql-engine.ts';
import { type Channel, openChannel } from './channel.ts';
import { parseRemote } from './connection-string.ts';
import { Execution } from './execution.ts';
import {
  AnalyzePlanRequest_Explain_ExplainMode as ExplainMode,
  InterruptRequest_InterruptType as InterruptType,
  type PlanSchema,
} from './generated/spark/connect/base_pb.ts';
import type { SQLSchema } from './generated/spark/connect/relations_pb.ts';
import { isTyped, literalOf } from './literal.ts';
import { drain, followQuery } from './query.ts';
import { readRows } from './read-rows.ts';
import { Session, type SessionSettings } from './session.ts';
import type { RunOptions, SparkConnect, SparkConnectOptions } from './spark-connect.ts';
import { errorOfText } from './spark-error.ts';
import { columnsOf } from './spark-type.ts';
import { viewRows } from './view-rows.ts';

type Plan = MessageInitShape<typeof PlanSchema>;
type Query = SparkConnect['query'];

const EXPLAIN_MODES = {
  simple: ExplainMode.SIMPLE,
  extended: ExplainMode.EXTENDED,
  cost: ExplainMode.COST,
  formatted: ExplainMode.FORMATTED,
} as const;
const EXPLAIN_WORDS = { simple: '', extended: 'EXTENDED ', cost: 'COST ', formatted: 'FORMATTED ' } as const;
/** What a statement is called as a part of a query. */
const PART = 'headgate_statement';
/** How 4.x and 3.5 write an error in place of a plan. */
const PLANNING_FAILED =
  /^(?:== Physical Plan ==\s*)?(?:Error occurred during query planning:|org\.apache\.spark\.\S*Exception:)\s*([\s\S]*)/;
/** How long a call that does not get through is tried again, ms. */
const PATIENCE_MS = 15_000;
/** A statement that the server runs already is worth more. A server forgets one that nobody follows after five minutes. */
const EXECUTION_FACTOR = 4;

/**
 * A session on a Spark Connect server, opened on first use. Errors: `invalid_argument` (address). All other errors come from the
 * methods.
 */
export function connectSpark(options: SparkConnectOptions): SparkConnect {
  const remote = parseRemote(options.remote, options.token);
  const patienceMs = options.patienceMs ?? PATIENCE_MS;
  const userAgent = options.userAgent ?? remote.userAgent ?? 'headgate';
  const channel = shared(openChannel(remote, options.ca, userAgent));
  return openSession(channel, {
    channel: channel.channel,
    address: remote.address,
    userId: remote.userId ?? userName(),
    userAgent,
    conf: options.conf ?? {},
    sessionId: remote.sessionId,
    patience: { callMs: patienceMs, executionMs: EXECUTION_FACTOR * patienceMs },
  });
}

interface SharedChannel {
  readonly channel: Channel;
  take(): void;
  leave(): void;
}

/** A connection that closes when the last of its sessions does. */
function shared(channel: Channel): SharedChannel {
  let users = 0;
  return {
    channel,
    take: () => {
      users += 1;
    },
    leave: () => {
      users -= 1;
      if (users === 0) channel.close();
    },
  };
}

function openSession(connection: SharedChannel, settings: SessionSettings): SparkConnect {
  connection.take();
  const session = new Session(settings);
  let closing: Promise<void> | null = null;
  const start = (plan: Plan, options: RunOptions) =>
    Execution.start(session, { plan, tags: options.tags ?? [], signal: options.signal });
  const checked = async (sql: string, options: RunOptions) => {
    await refuseNullElements(session, options);
    return start(sqlPlan(sql, options), options);
  };
  const version = async (signal?: AbortSignal) => {
    const { result } = await session.call('analyzePlan', { analyze: { case: 'sparkVersion', value: {} } }, signal);
    return result.case === 'sparkVersion' ? result.value.version : '';
  };
  const query = async (sql: string, options: RunOptions = {}) =>
    followQuery(await checked(sql, options), options.onProgress);
  return {
    address: settings.address,
    get sessionId() {
      return session.id;
    },
    version,
    query,
    run: async (sql, options = {}) => drain(await checked(sql, options), options.onProgress),
    columns: (sql, options = {}) => analyzeColumns(session, query, sql, options),
    explain: (sql, mode, options = {}) => explain(session, query, sql, mode, options),
    viewRows: (name, chunks, options = {}) => viewRows(session, version, name, chunks, options),
    conf: {
      get: async (key, signal) => {
        const { pairs } = await session.call(
          'config',
          { operation: { opType: { case: 'getOption', value: { keys: [key] } } } },
          signal,
        );
        return pairs[0]?.value ?? null;
      },
      set: async (pairs, signal) => {
        const value = { pairs: Object.entries(pairs).map(([key, one]) => ({ key, value: one })) };
        await session.call('config', { operation: { opType: { case: 'set', value } } }, signal);
      },
      unset: async (keys, signal) => {
        await session.call('config', { operation: { opType: { case: 'unset', value: { keys: [...keys] } } } }, signal);
      },
    },
    interrupt: async (what, signal) => (await session.call('interrupt', interruptOf(what), signal)).interruptedIds,
    newSession: () => openSession(connection, { ...settings, sessionId: null }),
    close: () => {
      closing ??= session.close().finally(() => connection.leave());
      return closing;
    },
  };
}

/** A statement as a plan. Commands (`CREATE`, `INSERT`, `SHOW`) run once and answer with their rows, like queries. */
function sqlPlan(sql: string, options: RunOptions): Plan {
  return { opType: { case: 'root', value: { relType: { case: 'sql', value: sqlRelation(sql, options) } } } };
}

/** Parameters go as literals, in the fields that 3.5 and 4.x both read. */
function sqlRelation(sql: string, { parameters = [] }: RunOptions): MessageInitShape<typeof SQLSchema> {
  if (Array.isArray(parameters)) {
    return { query: sql, posArgs: parameters.map((value, index) => literalOf(value, String(index + 1)).literal) };
  }
  const args = Object.fromEntries(
    Object.entries(parameters).map(([name, value]) => [name, literalOf(value, name).literal]),
  );
  return { query: sql, args };
}

/** Spark 3.5 reads a null inside of an array, a map or a struct as 0 or as empty, and says nothing. */
async function refuseNullElements(session: Session, { parameters = [], signal }: RunOptions): Promise<void> {
  if (!Object.values(parameters).some(hasNullInside)) return;
  const { observed } = await session.lease(signal);
  if (observed !== '') return;
  throw new HeadgateError('invalid_argument', 'Spark 3.5 cannot take a null inside of an array, a map or an object.', {
    hint: 'Write the value into the statement, array(1, NULL), or use Spark 4.',
  });
}

function hasNullInside(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return false;
  const inside: unknown[] = value instanceof Map ? [...value.keys(), ...value.values()] : Object.values(value);
  return inside.some((one) => (one === null && !isTyped(value)) || hasNullInside(one));
}

/**
 * Columns of a query. Analysis of a plan would run a command, so the statement is asked for as a part of a query, where commands are
 * refused.
 */
async function analyzeColumns(session: Session, query: Query, sql: string, options: RunOptions): Promise<SqlColumn[]> {
  try {
    return await columnsOfQuery(session, sql, options);
  } catch (error) {
    if (!isParseError(error)) throw error;
    await explainCommand(query, sql, 'simple', options);
    throw new HeadgateError('invalid_argument', 'This statement is a command; columns are known of queries alone.', {
      hint: 'Run it to see what it answers.',
      cause: error,
    });
  }
}

async function columnsOfQuery(session: Session, sql: string, options: RunOptions): Promise<SqlColumn[]> {
  const asQuery = `WITH ${PART} AS (\n${sql.replace(/[;\s]+$/, '')}\n) SELECT * FROM ${PART}`;
  const { result } = await session.call(
    'analyzePlan',
    { analyze: { case: 'schema', value: { plan: sqlPlan(asQuery, options) } } },
    options.signal,
  );
  if (result.case !== 'schema' || result.value.schema === undefined) throw unexpected('a schema');
  return columnsOf(result.value.schema);
}

async function explain(
  session: Session,
  query: Query,
  sql: string,
  mode: keyof typeof EXPLAIN_MODES,
  options: RunOptions,
): Promise<string> {
  try {
    await columnsOfQuery(session, sql, options);
  } catch (error) {
    if (!isParseError(error)) throw error;
    return explainCommand(query, sql, mode, options);
  }
  const { result } = await session.call(
    'analyzePlan',
    { analyze: { case: 'explain', value: { plan: sqlPlan(sql, options), explainMode: EXPLAIN_MODES[mode] } } },
    options.signal,
  );
  if (result.case !== 'explain') throw unexpected('a plan');
  return result.value.explainString;
}

/** The plan of a command, by SQL: Spark does not run it then. Errors: those that Spark writes in place of the plan, too. */
async function explainCommand(
  query: Query,
  sql: string,
  mode: keyof typeof EXPLAIN_MODES,
  options: RunOptions,
): Promise<string> {
  const { columns, chunks } = await query(`EXPLAIN ${EXPLAIN_WORDS[mode]}${sql}`, options);
  const lines: string[] = [];
  for await (const chunk of chunks) lines.push(...readRows(chunk, columns).map(([line]) => String(line)));
  const text = lines.join('\n');
  const refusal = PLANNING_FAILED.exec(text)?.[1];
  if (refusal !== undefined) throw errorOfText(refusal);
  return text;
}

function isParseError(error: unknown): boolean {
  return error instanceof HeadgateError && /^PARSE_/.test(String(error.details?.error_class));
}

function interruptOf(what: Parameters<SparkConnect['interrupt']>[0]) {
  if (what === 'all') return { interruptType: InterruptType.ALL };
  if ('tag' in what) {
    return { interruptType: InterruptType.TAG, interrupt: { case: 'operationTag' as const, value: what.tag } };
  }
  return {
    interruptType: InterruptType.OPERATION_ID,
    interrupt: { case: 'operationId' as const, value: what.operationId },
  };
}

function unexpected(what: string): HeadgateError {
  return new HeadgateError('failed_precondition', `The Spark Connect server answered without ${what}.`, {
    hint: 'Check that it is Spark 3.5 or newer.',
  });
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return 'headgate';
  }
}
