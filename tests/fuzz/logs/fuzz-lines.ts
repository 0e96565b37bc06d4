import { put, RAW, somewhere, writeWithRaw } from '../hostile-json.ts';
import { HOSTILE_STRINGS, hostileJson } from '../hostile-values.ts';
import type { Random } from '../random.ts';
import type { RecordedLines } from './recorded-lines.ts';

/** Decoded size of a fuzzed log: small, so that there are thousands. Bytes. */
const LOG_BYTES = [2_000, 6_000, 15_000, 50_000] as const;
/** Events that come before everything else in every log. */
const HEAD_EVENTS = 6;

/** Some lines of a recorded log, in their order: its head, and a part of the rest that often begins at a job or a query. */
export function someLines({ lines }: RecordedLines, random: Random): string[] {
  let budget = random.pick(LOG_BYTES);
  const chosen: string[] = [];
  const take = (line: string): void => {
    budget -= line.length;
    chosen.push(line);
  };
  for (const line of lines.slice(0, HEAD_EVENTS)) if (random.chance(isLong(line) ? 0.1 : 0.95)) take(line);
  const starts = lines.flatMap((line, at) => (/^\{"Event":"[^"]*(JobStart|SQLExecutionStart)"/.test(line) ? [at] : []));
  const start = starts.length > 0 && random.chance(0.8) ? random.pick(starts) : random.below(lines.length);
  const skipped = random.pick([0, 0, 0.1, 0.5]);
  for (let at = Math.max(start, HEAD_EVENTS); at < lines.length && budget > 0; at++) {
    const line = lines[at] as string;
    if (line.length < budget + 10_000 && !random.chance(skipped)) take(line);
  }
  if (random.chance(0.6)) take(lines.at(-1) as string);
  return chosen;
}

/** The environment of an application is longer than most small logs, and masking it takes longer than all the rest. */
const isLong = (line: string): boolean => line.startsWith('{"Event":"SparkListenerEnvironmentUpdate"');

type Mutate = (lines: string[], random: Random) => string[];

/** Ways to damage the lines of a log, each with how often it comes. */
const MUTATIONS: ReadonlyArray<readonly [number, Mutate]> = [
  [40, (lines, random) => changed(lines, random, replaceValue)],
  [8, (lines, random) => changed(lines, random, removeKey)],
  [6, (lines, random) => changed(lines, random, renameKey)],
  [6, (lines, random) => changed(lines, random, addKeys)],
  [6, (lines, random) => changed(lines, random, otherVersion)],
  [6, (lines, random) => changed(lines, random, (event) => growPlan(event, random))],
  [5, (lines, random) => everywhere(lines, random)],
  [4, (lines, random) => changedText(lines, random, (line) => line.slice(0, random.below(line.length)))],
  [4, (lines, random) => changedText(lines, random, (line) => swapBytes(line, random))],
  [
    3,
    (lines, random) =>
      changedText(lines, random, (line) => line.replace(/"Stage ID":\d+/g, '"Stage ID":0,"Stage ID":7')),
  ],
  [3, (lines, random) => changedText(lines, random, () => hostileJson(random))],
  [3, (lines, random) => changedText(lines, random, () => random.pick(HOSTILE_STRINGS))],
  [3, (lines, random) => changedText(lines, random, (line) => ` \t${line.replaceAll(':', ' : ')}\r`)],
  [4, (lines, random) => random.shuffle(lines)],
  [3, (lines) => lines.toReversed()],
  [4, (lines, random) => lines.flatMap((line) => (random.chance(0.2) ? [line, line] : [line]))],
  [2, (lines) => [...lines, ...lines]],
  [3, (lines, random) => lines.filter(() => random.chance(0.7))],
  [2, (lines, random) => changedText(lines, random, (line) => `${line}${line}`)],
  [1, (lines, random) => changedText(lines, random, () => '\n'.repeat(random.below(5_000)))],
];

/** Damages the lines of a log in one to four ways. */
export function fuzzLines(lines: string[], random: Random): string[] {
  let fuzzed = lines;
  for (let left = 1 + random.below(4); left > 0 && fuzzed.length > 0; left--)
    fuzzed = random.weighted(MUTATIONS)(fuzzed, random);
  return fuzzed;
}

/** Changes the events of up to eight lines. */
function changed(
  lines: string[],
  random: Random,
  change: (event: Record<string, unknown>, random: Random) => string[],
) {
  return changedText(lines, random, (line) => {
    const event = parsed(line);
    if (event === null) return line;
    const raw = change(event, random);
    return writeWithRaw(event, raw) ?? line;
  });
}

function changedText(lines: string[], random: Random, change: (line: string) => string): string[] {
  const result = [...lines];
  for (let left = 1 + random.below(8); left > 0; left--) {
    const at = random.below(result.length);
    result[at] = change(result[at] as string);
  }
  return result;
}

/** The same hostile value for one key of all events. */
function everywhere(lines: string[], random: Random): string[] {
  const keys = [...random.pick(lines).matchAll(/"([^"\\]{1,60})":/g)].map(([, key]) => key as string);
  if (keys.length === 0) return lines;
  const key = random.pick(keys).replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const value = hostileJson(random);
  if (value.length > 10_000) return lines;
  return lines.map((line) =>
    line.replace(new RegExp(`"${key}":("[^"\\\\]*"|-?[\\d.]+|true|false|null)`, 'g'), () => `"${key}":${value}`),
  );
}

function replaceValue(event: Record<string, unknown>, random: Random): string[] {
  const { holder, key } = somewhere(event, random);
  put(holder, key, RAW);
  return [hostileJson(random)];
}

function removeKey(event: Record<string, unknown>, random: Random): string[] {
  const { holder, key } = somewhere(event, random);
  if (Array.isArray(holder)) holder.splice(Number(key), 1);
  else delete holder[key];
  return [];
}

function renameKey(event: Record<string, unknown>, random: Random): string[] {
  const { holder, key } = somewhere(event, random);
  if (Array.isArray(holder)) return [];
  const value = holder[key];
  delete holder[key];
  put(holder, random.pick(HOSTILE_STRINGS), value);
  return [];
}

function addKeys(event: Record<string, unknown>, random: Random): string[] {
  const { holder } = somewhere(event, random);
  for (let left = random.below(5); left >= 0; left--) {
    if (Array.isArray(holder)) holder.push(random.pick(HOSTILE_STRINGS));
    else put(holder, random.pick(HOSTILE_STRINGS), random.pick(HOSTILE_STRINGS));
  }
  return [];
}

const OTHER_EVENTS = [
  'SparkListenerTaskEndV2',
  'SparkListenerSomethingOfTheFuture',
  'org.apache.spark.sql.execution.ui.SparkListenerSQLExecutionRestart',
  'org.apache.spark.sql.streaming.StreamingQueryListener$QueryIdleEvent',
  'com.example.Listener$Event',
  'SparkListenerExecutorBlacklisted',
  'SparkListenerBlockUpdated',
  'SparkListenerTaskStart',
  'SparkListenerTaskEnd',
  'SparkListenerJobStart',
  'SparkListenerJobEnd',
  'SparkListenerStageSubmitted',
  'SparkListenerStageCompleted',
  'SparkListenerExecutorAdded',
  'SparkListenerExecutorRemoved',
  'SparkListenerEnvironmentUpdate',
  'SparkListenerApplicationStart',
  'SparkListenerApplicationEnd',
  'org.apache.spark.sql.execution.ui.SparkListenerSQLExecutionStart',
  'org.apache.spark.sql.execution.ui.SparkListenerSQLExecutionEnd',
  'org.apache.spark.sql.execution.ui.SparkListenerDriverAccumUpdates',
  'org.apache.spark.sql.execution.ui.SparkListenerSQLAdaptiveExecutionUpdate',
] as const;
const VERSIONS = [
  '0.9.1',
  '1.6.3',
  '2.4.8',
  '3.0.0-SNAPSHOT',
  '5.0.0',
  '4',
  '',
  'four',
  '3.5.1.7190.3-1',
  '-1.0',
] as const;

/** As another version would write it, or under the name of another event. */
function otherVersion(event: Record<string, unknown>, random: Random): string[] {
  if (typeof event['Spark Version'] === 'string') event['Spark Version'] = random.pick(VERSIONS);
  else event.Event = random.pick(OTHER_EVENTS);
  return [];
}

/** A plan within a plan within a plan; a stage with more tasks, parents or accumulators than any. */
function growPlan(event: Record<string, unknown>, random: Random): string[] {
  const depth = random.pick([20, 400, 4_000]);
  if (typeof event.sparkPlanInfo === 'object' && event.sparkPlanInfo !== null) {
    const node = '{"nodeName":"Project","simpleString":"Project [a#1]","children":[';
    event.sparkPlanInfo = RAW;
    return [`${node.repeat(depth)}${'],"metadata":{},"metrics":[]}'.repeat(depth)}`];
  }
  const info = event['Stage Info'];
  if (typeof info === 'object' && info !== null) {
    const stage = info as Record<string, unknown>;
    stage['Parent IDs'] = [stage['Stage ID'], 0, 1, -1, 1e9];
    stage['Number of Tasks'] = random.pick([0, -5, 2 ** 31 - 1, 2 ** 31, 1e15]);
    stage.Accumulables = Array.from({ length: random.below(800) }, (_, id) => ({ ID: id, Name: `n${id}`, Value: id }));
  }
  return [];
}

function parsed(line: string): Record<string, unknown> | null {
  try {
    const event: unknown = JSON.parse(line);
    return typeof event === 'object' && event !== null && !Array.isArray(event)
      ? (event as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}

function swapBytes(line: string, random: Random): string {
  const characters = [...line.slice(0, 20_000)];
  for (let left = 1 + random.below(6); left > 0; left--)
    characters[random.below(characters.length)] = random.pick([
      '"',
      '\\',
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '\u0000',
      '\ud800',
      '9',
      '-',
    ]);
  return characters.join('');
}
