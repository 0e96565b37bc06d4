import { median } from 'simple-statistics';
import type { RunRecord } from './run-record.ts';

/** Runs on either side of a change that are compared. */
const COMPARED_RUNS = 5;
/** Part of a side that must agree on a value before it is that side's: the place of a change is known to a run or two. */
const AGREEMENT = 0.6;
/** Smallest change of a volume that is worth a line. */
const VOLUME_RATIO = 1.1;
/** Lines of code that are named, those that changed most, and how much of the whole change one must be. */
const NAMED_STAGES = 3;
const STAGE_SHARE = 0.1;

/** Something that is otherwise after a change than before. Texts are of a log. It came with the change; that it caused it is for the reader to judge. */
export interface Difference {
  readonly kind:
    | 'config'
    | 'spark-version'
    | 'java-version'
    | 'plan'
    | 'volume'
    | 'cores'
    | 'executors'
    | 'finding'
    | 'stage';
  /** Property, query, rule or line of code; empty where the kind says it all. */
  readonly subject: string;
  /** Null where there was none. */
  readonly before: string | number | null;
  readonly after: string | number | null;
}

/** Runs before and after position `index`, up to five each, between the changes before and after it. */
export function runsAround<T>(
  runs: readonly T[],
  index: number,
  changes: readonly number[],
): { before: T[]; after: T[] } {
  const previous = Math.max(0, ...changes.filter((one) => one < index));
  const next = Math.min(runs.length, ...changes.filter((one) => one > index));
  return {
    before: runs.slice(Math.max(previous, index - COMPARED_RUNS), index),
    after: runs.slice(index, Math.min(next, index + COMPARED_RUNS)),
  };
}

/** What differs between two sides, what can be acted upon first. Both sides have at least one run. */
export function differencesBetween(before: readonly RunRecord[], after: readonly RunRecord[]): Difference[] {
  return [
    ...ofValue('spark-version', before, after, ({ sparkVersion }) => sparkVersion),
    ...ofValue('java-version', before, after, ({ javaVersion }) => javaVersion),
    ...ofConfig(before, after),
    ...ofPlans(before, after),
    ...ofVolume(before, after),
    ...ofNumber('cores', before, after, ({ measures }) => measures.peakCores),
    ...ofNumber('executors', before, after, ({ measures }) => measures.executorCount),
    ...ofFindings(before, after),
    ...ofStages(before, after),
  ];
}

/** The value that most of a side has; undefined where they do not agree. */
function common<T>(side: readonly RunRecord[], valueIn: (record: RunRecord) => T): T | undefined {
  const counts = new Map<T, number>();
  for (const record of side) counts.set(valueIn(record), (counts.get(valueIn(record)) ?? 0) + 1);
  return [...counts].find(([, count]) => count >= AGREEMENT * side.length)?.[0];
}

type Sides = readonly [before: readonly RunRecord[], after: readonly RunRecord[]];

function ofValue(
  kind: Difference['kind'],
  ...[before, after, valueIn]: [...Sides, (record: RunRecord) => string | null]
) {
  const [a, b] = [common(before, valueIn), common(after, valueIn)];
  return a === undefined || b === undefined || a === b ? [] : [{ kind, subject: '', before: a, after: b }];
}

function ofConfig(...[before, after]: Sides): Difference[] {
  const keys = new Set([...before, ...after].flatMap(({ config }) => Object.keys(config.properties)));
  return [...keys].sort().flatMap((subject): Difference[] => {
    const valueIn = ({ config }: RunRecord) => config.properties[subject] ?? null;
    return ofValue('config', before, after, valueIn).map((found) => ({ ...found, subject }));
  });
}

function ofPlans(...[before, after]: Sides): Difference[] {
  const labels = new Set([...before, ...after].flatMap(({ plans }) => plans.map(({ label }) => label)));
  return [...labels].sort().flatMap((subject): Difference[] => {
    const planOf = ({ plans }: RunRecord) => plans.find(({ label }) => label === subject);
    const [a, b] = [common(before, (one) => planOf(one)?.hash), common(after, (one) => planOf(one)?.hash)];
    if (a === undefined || b === undefined || a === b) return [];
    const operatorsOf = (side: readonly RunRecord[], hash: string) =>
      side.map(planOf).find((plan) => plan?.hash === hash)?.operators ?? {};
    return [{ kind: 'plan', subject, ...operatorChange(operatorsOf(before, a), operatorsOf(after, b)) }];
  });
}

/** The operators that one side has more of; the word `other shape` where they are the same in another order or over other data. */
function operatorChange(a: Readonly<Record<string, number>>, b: Readonly<Record<string, number>>) {
  const names = [...new Set([...Object.keys(a), ...Object.keys(b)])].filter((name) => a[name] !== b[name]).sort();
  if (names.length === 0) return { before: 'one shape', after: 'another shape' };
  const text = (counts: Readonly<Record<string, number>>) =>
    names.map((name) => `${counts[name] ?? 0} ${name}`).join(', ');
  return { before: text(a), after: text(b) };
}

function ofVolume(...[before, after]: Sides): Difference[] {
  const volumeOf = (side: readonly RunRecord[]) => Math.round(median(side.map(({ measures }) => measures.inputBytes)));
  const [a, b] = [volumeOf(before), volumeOf(after)];
  const isSame = a === b || (a > 0 && b > 0 && Math.max(a / b, b / a) < VOLUME_RATIO);
  return isSame ? [] : [{ kind: 'volume', subject: '', before: a, after: b }];
}

function ofNumber(kind: 'cores' | 'executors', ...[before, after, valueIn]: [...Sides, (record: RunRecord) => number]) {
  const [a, b] = [common(before, valueIn), common(after, valueIn)];
  return a === undefined || b === undefined || a === b ? [] : [{ kind, subject: '', before: a, after: b }];
}

/** Problems that most runs of one side have, and few of the other. */
function ofFindings(...[before, after]: Sides): Difference[] {
  const serious = ({ findings }: RunRecord) =>
    findings.filter(({ severity }) => severity !== 'info').map(({ rule }) => rule);
  const rules = new Set([...before, ...after].flatMap(serious));
  const shareOf = (side: readonly RunRecord[], rule: string) =>
    side.filter((record) => serious(record).includes(rule)).length / side.length;
  return [...rules].sort().flatMap((subject): Difference[] => {
    const [a, b] = [shareOf(before, subject), shareOf(after, subject)];
    if (Math.max(a, b) < AGREEMENT || Math.min(a, b) > 1 - AGREEMENT) return [];
    return [{ kind: 'finding', subject, before: a > b ? 'found' : null, after: b > a ? 'found' : null }];
  });
}

/** Where in the code the time went or came from, ms. */
function ofStages(...[before, after]: Sides): Difference[] {
  const sites = new Set([...before, ...after].flatMap(({ stages }) => stages.map(({ callSite }) => callSite)));
  const timeOf = (side: readonly RunRecord[], site: string) =>
    Math.round(median(side.map(({ stages }) => stages.find(({ callSite }) => callSite === site)?.wallMs ?? 0)));
  const durationOf = (side: readonly RunRecord[]) => median(side.map(({ durationMs }) => durationMs ?? 0));
  const whole = Math.abs(durationOf(after) - durationOf(before));
  return [...sites]
    .map((subject) => ({
      kind: 'stage' as const,
      subject,
      before: timeOf(before, subject),
      after: timeOf(after, subject),
    }))
    .filter((one) => Math.abs(one.after - one.before) > STAGE_SHARE * whole)
    .sort((a, b) => Math.abs(b.after - b.before) - Math.abs(a.after - a.before) || (a.subject < b.subject ? -1 : 1))
    .slice(0, NAMED_STAGES);
}
