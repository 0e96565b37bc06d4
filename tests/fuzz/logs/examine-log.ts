import { isDeepStrictEqual } from 'node:util';
import { wholeModel } from '../../../src/eventlog/fixtures/recorded.ts';
import {
  type Application,
  createRedactors,
  findLogs,
  type LogRef,
  loadSummaries,
  readApplication,
  readDetails,
  readHeadline,
  redactApplication,
} from '../../../src/eventlog/index.ts';
import { localCaller } from '../../../src/gateway/index.ts';
import { analysisToJson, analyze, renderAnalysis } from '../../../src/insight/index.ts';
import { HeadgateError } from '../../../src/kernel/errors.ts';
import type { HttpAnswer, HttpRoute } from '../../../src/kernel/http-route.ts';
import type { Tool } from '../../../src/kernel/tool.ts';
import type { Random } from '../random.ts';
import type { DelegatingGateway } from './delegating-gateway.ts';

/** What a log did that none may do. */
export interface Fault {
  /** What was done when it happened. */
  readonly step: string;
  readonly error: string;
}

/** How much of the engine a log reached. */
export interface Examined {
  readonly faults: Fault[];
  /** Applications that were read; 0 when every log of it was refused. */
  readonly applications: number;
}

const LEVELS = ['secrets', 'literals', 'identities'] as const;
const redactors = await Promise.all(LEVELS.map(async (level) => ({ level, redactorOf: await createRedactors(level) })));
const { decodeApplication, encodeApplication } = await loadSummaries();

/** A log of less than a megabyte takes no more: what it says of its size is not believed. Bytes. */
const MOST_ARRAY_BYTES = 256 << 20;
/** Routes asked and tools called for each log. */
const ROUTES_ASKED = 8;
const TOOLS_CALLED = 3;

/** Puts a folder of logs through everything that reads logs. What may be thrown is a HeadgateError that is not `internal`. */
export async function examineLog(folder: string, random: Random, parts: DelegatingGateway): Promise<Examined> {
  const faults: Fault[] = [];
  const attempt = async <T>(step: string, work: () => T | Promise<T>): Promise<T | undefined> => {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof HeadgateError)) faults.push({ step, error: describe(error) });
      else if (error.code === 'internal') faults.push({ step, error: describe(error.cause ?? error) });
      return undefined;
    }
  };
  const found = await attempt('find', () => findLogs(folder));
  const applications: Application[] = [];
  for (const log of found?.logs.slice(0, 2) ?? []) {
    await attempt('headline', () => readHeadline(log));
    const application = await attempt('read', () => readApplication(log));
    if (random.chance(0.5)) await attempt('details', () => readDetails(log));
    if (application === undefined) continue;
    applications.push(application);
    const { arrayBuffers } = process.memoryUsage();
    if (arrayBuffers > MOST_ARRAY_BYTES)
      faults.push({ step: 'read', error: `${arrayBuffers} bytes of arrays are held` });
    await examineApplication(application, random, attempt, faults);
  }
  const connector = parts.open(folder, random.pick(LEVELS));
  try {
    const about = random.chance(0.9) ? applications.at(0) : undefined;
    for (const route of random.shuffle(connector.routes ?? []).slice(0, ROUTES_ASKED)) {
      const step = `GET ${route.path}`;
      await attempt(step, () => askRoute(route, about, found?.logs.at(0), random));
    }
    for (let call = 0; call < TOOLS_CALLED; call++) {
      const tool = random.pick(connector.tools);
      const input = argumentsFor(tool, about, random);
      await attempt(`${tool.name} ${JSON.stringify(input).slice(0, 200)}`, () =>
        parts.gateway.callTool(tool.name, input, localCaller('cli')),
      );
    }
    await attempt('health', () => connector.health(new AbortController().signal));
  } finally {
    await connector.close();
  }
  return { faults, applications: applications.length };
}

async function examineApplication(
  application: Application,
  random: Random,
  attempt: <T>(step: string, work: () => T | Promise<T>) => Promise<T | undefined>,
  faults: Fault[],
): Promise<void> {
  for (const { level, redactorOf } of redactors)
    await attempt(`redact ${level}`, () => redactApplication(application, redactorOf(application)));
  const summary = await attempt('encode', () => encodeApplication(application));
  if (summary !== undefined) {
    const decoded = await attempt('decode', () => decodeApplication(summary));
    const same = await attempt('compare', () => decoded != null && sameModel(decoded, application));
    if (same === false) faults.push({ step: 'decode', error: 'the summary gives back another application' });
    const damaged = Uint8Array.from(summary);
    damaged[random.below(damaged.length)] = random.below(256);
    await attempt('decode damaged', () =>
      decodeApplication(damaged.subarray(0, random.chance(0.5) ? undefined : random.below(damaged.length))),
    );
  }
  const analysis = await attempt('analyze', () => analyze(application));
  if (analysis === undefined) return;
  await attempt('report', () => JSON.stringify(analysisToJson([analysis], [])));
  await attempt('terminal', () =>
    renderAnalysis([analysis], { color: random.chance(0.5), width: random.pick([40, 80, 200]) }),
  );
}

/** Clones have the prototypes of the language: which ones the model uses for its maps of texts is its own business. */
const plain = (application: Application): unknown => structuredClone(wholeModel(application));

const sameModel = (one: Application, other: Application): boolean => isDeepStrictEqual(plain(one), plain(other));

const QUERIES = [
  '',
  '',
  'details=true&withSummaries=true&quantiles=0,0.5,1',
  'details=true&taskStatus=FAILED',
  'details=false&planDescription=false',
  'sortBy=-runtime&length=1000&offset=1',
  'status=running&limit=2',
  'offset=-1&length=0',
  'quantiles=0.001,0.999&length=2147483647',
] as const;

async function askRoute(
  route: HttpRoute,
  application: Application | undefined,
  log: LogRef | undefined,
  random: Random,
): Promise<void> {
  const stage = pickOne(application?.stages, random);
  const known: Record<string, unknown> = {
    appId: application?.appId ?? log?.appIdHint ?? 'app-1',
    attemptId: application?.attemptId ?? log?.attemptIdHint ?? '1',
    jobId: pickOne(application?.jobs, random)?.jobId,
    stageId: stage?.stageId,
    stageAttemptId: stage?.attemptId,
    rddId: pickOne(application?.rdds, random)?.rddId,
    executionId: pickOne(application?.sqlExecutions, random)?.executionId,
    executorId: pickOne(application?.executors, random)?.executorId,
  };
  const names = [...route.path.matchAll(/:(\w+)/g)].map(([, name]) => name as string);
  const params = Object.fromEntries(names.map((name) => [name, String(known[name] ?? 0)]));
  // As fastify does: what a pattern of the route refuses never gets to it.
  for (const [, name, pattern] of route.path.matchAll(/:(\w+)\(([^)]*)\)/g))
    if (!new RegExp(pattern as string).test(params[name as string] as string)) return;
  const answer = await route.handle({
    caller: localCaller('rest'),
    path: route.path,
    params,
    query: new URLSearchParams(random.pick(QUERIES)),
    signal: new AbortController().signal,
  });
  const body = await bodyOf(answer);
  if (answer.status >= 500 && answer.status !== 503) throw new Error(`answered ${answer.status}`);
  if (answer.contentType === 'application/json' && answer.status === 200) JSON.parse(body);
}

async function bodyOf({ body }: HttpAnswer): Promise<string> {
  if (typeof body === 'string') return body;
  if (body instanceof Uint8Array) return Buffer.from(body).toString('utf8');
  const parts: Buffer[] = [];
  for await (const part of body) parts.push(Buffer.from(part as Uint8Array));
  return Buffer.concat(parts).toString('utf8');
}

function pickOne<T>(items: readonly T[] | undefined, random: Random): T | undefined {
  return items === undefined || items.length === 0 ? undefined : random.pick(items);
}

/** Arguments that name what the application has, so that the tool has something to say. */
function argumentsFor(tool: Tool, application: Application | undefined, random: Random): Record<string, unknown> {
  const appId = application?.appId ?? 'app-1';
  const stageId = pickOne(application?.stages, random)?.stageId ?? 0;
  const known: Record<string, unknown> = {
    app_id: appId,
    app_id1: appId,
    app_id2: appId,
    stage_id: stageId,
    stage_id1: stageId,
    stage_id2: pickOne(application?.stages, random)?.stageId ?? 0,
    execution_id: pickOne(application?.sqlExecutions, random)?.executionId ?? 0,
    executor_id: pickOne(application?.executors, random)?.executorId ?? 'driver',
  };
  const shape = Object.entries(tool.input.shape);
  const required = shape.filter(([name, schema]) => name in known && !schema.safeParse(undefined).success);
  const switched = shape.filter(
    ([name, schema]) => /^(include|with)_/.test(name) && random.chance(0.5) && schema.safeParse(true).success,
  );
  return Object.fromEntries([
    ...required.map(([name]) => [name, known[name]]),
    ...switched.map(([name]) => [name, true]),
  ]);
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message).slice(0, 1_500) : String(error);
}
