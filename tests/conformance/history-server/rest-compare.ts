/** A difference between two answers. `path` has `*` for positions and for names of maps. */
export interface Difference {
  readonly path: string;
  readonly theirs: string;
  readonly ours: string;
}

/** What comparing two answers gave. A field is a leaf of the JSON: a number, text, flag, or an empty list or object. */
export interface Comparison {
  fields: number;
  readonly differences: Difference[];
}

/** Members whose names come from outside: maps, in which JSON has no order. */
const MAPS =
  /(?:^|\.)(?:tasks|executorSummary|killedTasksSummary|executorLogs|attributes|resources|processLogs|executorResources|taskResources)$/;

/** Keeps numbers as they are written: `1` and `1.0` are two. */
class Written {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

type Reviver = (key: string, value: unknown, context: { readonly source?: string }) => unknown;

function parse(text: string): unknown {
  const keepNumbers: Reviver = (_key, value, { source }) =>
    typeof value === 'number' ? new Written(source ?? String(value)) : value;
  return JSON.parse(text, keepNumbers as (key: string, value: unknown) => unknown);
}

/** Compares two JSON texts field by field, with the order of lists and of the members of records. */
export function compareJson(theirs: string, ours: string): Comparison {
  const comparison: Comparison = { fields: 0, differences: [] };
  compareValues(parse(theirs), parse(ours), '', comparison);
  return comparison;
}

function compareValues(theirs: unknown, ours: unknown, path: string, into: Comparison): void {
  if (Array.isArray(theirs) && Array.isArray(ours) && theirs.length > 0) {
    compareLists(theirs, ours, path, into);
    return;
  }
  if (isRecord(theirs) && isRecord(ours) && Object.keys(theirs).length > 0) {
    compareRecords(theirs, ours, path, into);
    return;
  }
  into.fields += Math.max(1, leaves(theirs));
  if (show(theirs) !== show(ours)) into.differences.push({ path, theirs: show(theirs), ours: show(ours) });
}

function compareLists(theirs: readonly unknown[], ours: readonly unknown[], path: string, into: Comparison): void {
  if (theirs.length !== ours.length) {
    into.differences.push({ path: `${path}.length`, theirs: String(theirs.length), ours: String(ours.length) });
  }
  theirs.forEach((value, i) => {
    compareValues(value, ours[i], `${path}[*]`, into);
  });
}

function compareRecords(
  theirs: Readonly<Record<string, unknown>>,
  ours: Readonly<Record<string, unknown>>,
  path: string,
  into: Comparison,
): void {
  const isMap = MAPS.test(path);
  const names = Object.keys(theirs);
  for (const name of names) compareValues(theirs[name], ours[name], `${path}.${isMap ? '*' : name}`, into);
  const more = Object.keys(ours).filter((name) => !Object.hasOwn(theirs, name));
  for (const name of more) {
    into.fields += 1;
    into.differences.push({ path: `${path}.${isMap ? '*' : name}`, theirs: 'absent', ours: show(ours[name]) });
  }
  const common = names.filter((name) => Object.hasOwn(ours, name));
  const order = Object.keys(ours).filter((name) => Object.hasOwn(theirs, name));
  if (!isMap && common.join() !== order.join()) {
    into.differences.push({ path: `${path}(order)`, theirs: common.join(), ours: order.join() });
  }
}

function leaves(value: unknown): number {
  if (Array.isArray(value)) return value.reduce<number>((sum, one) => sum + Math.max(1, leaves(one)), 0);
  if (isRecord(value)) return Object.values(value).reduce<number>((sum, one) => sum + Math.max(1, leaves(one)), 0);
  return 1;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Written);
}

function show(value: unknown): string {
  if (value === undefined) return 'absent';
  return (
    JSON.stringify(value, (_key, inner: unknown) => (inner instanceof Written ? `#${inner.text}` : inner)) ?? 'absent'
  );
}
