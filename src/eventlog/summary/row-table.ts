import { type ByteArea, loadNumbers, type NumberBlock, part, storeNumbers } from './number-block.ts';
import { packJson, unpackJson } from './packed-json.ts';

/** How one property of many like objects is stored. */
type ColumnPlan =
  /** The same in every row. */
  | { readonly kind: 'same'; readonly json: string; readonly escaped: boolean }
  | { readonly kind: 'numbers'; readonly block: NumberBlock }
  | { readonly kind: 'booleans'; readonly block: NumberBlock }
  /** Positions in a list of distinct texts. */
  | { readonly kind: 'texts'; readonly block: NumberBlock; readonly list: StoredJson }
  /** `nulls` is 1 where there is no value; `present` are the others. */
  | { readonly kind: 'nullable'; readonly nulls: NumberBlock; readonly present: ColumnPlan }
  /** What all lists hold, one after the other. */
  | { readonly kind: 'lists'; readonly lengths: NumberBlock; readonly items: ColumnPlan }
  | {
      readonly kind: 'maps' | 'records';
      readonly lengths: NumberBlock;
      readonly keys: ColumnPlan;
      readonly items: ColumnPlan;
    }
  | { readonly kind: 'rows'; readonly table: RowTable }
  | { readonly kind: 'json'; readonly list: StoredJson };

interface StoredJson {
  readonly at: number;
  readonly length: number;
  readonly escaped: boolean;
}

/** How an array of like objects is stored: property by property. */
export interface RowTable {
  readonly rows: number;
  readonly columns: ReadonlyArray<readonly [string, ColumnPlan]>;
}

/** Values in values deeper than this are stored as JSON. */
const MAX_DEPTH = 8;
/** More rows than any table of an application has. A summary that claims more is not one of ours. */
const MAX_ROWS = 1 << 24;

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Properties that all objects have, in the order of the first; null when the objects are not alike. */
export function sharedKeys(rows: readonly unknown[]): string[] | null {
  const [first] = rows;
  if (!isPlain(first)) return null;
  const keys = Object.keys(first);
  if (keys.length === 0 || keys.includes('__proto__')) return null;
  const alike = rows.every(
    (row) => isPlain(row) && Object.keys(row).length === keys.length && keys.every((key) => Object.hasOwn(row, key)),
  );
  return alike ? keys : null;
}

/** Stores objects that have `keys`; others of their properties are left out. */
export function storeRows(
  rows: ReadonlyArray<Readonly<Record<string, unknown>>>,
  keys: readonly string[],
  area: ByteArea,
  depth = 0,
): RowTable {
  const columns = keys.map((key) => {
    const values = rows.map((row) => row[key]);
    return [key, storeColumn(values, area, depth)] as const;
  });
  return { rows: rows.length, columns };
}

/** The objects of a table. What is the same in every row is shared by them. Throws for a table that leads out of its bytes. */
export function loadRows(table: RowTable, bytes: Uint8Array): Array<Record<string, unknown>> {
  checkRows(table.rows);
  if (table.rows === 0) return [];
  const template: Record<string, unknown> = {};
  const varying: Array<readonly [string, ArrayLike<unknown>]> = [];
  for (const [key, plan] of table.columns) {
    if (plan.kind === 'same') template[key] = unpackJson(plan);
    else {
      const values = loadColumn(plan, table.rows, bytes);
      template[key] = values[0];
      varying.push([key, values]);
    }
  }
  // A copy of an object of the same shape and writes to what it has cost a tenth of adding properties one by one.
  const rows = Array.from({ length: table.rows }, () => ({ ...template }));
  for (const [key, values] of varying)
    for (let row = 0; row < rows.length; row++) (rows[row] as Record<string, unknown>)[key] = values[row];
  return rows;
}

function storeColumn(values: readonly unknown[], area: ByteArea, depth: number): ColumnPlan {
  const [first] = values;
  if (!isObject(first) && values.every((value) => Object.is(value, first)))
    return { kind: 'same', ...packJson(first ?? null) };
  if (values.includes(null)) {
    const nulls = values.map((value) => (value === null ? 1 : 0));
    const present = values.filter((value) => value !== null);
    return { kind: 'nullable', nulls: storeNumbers(nulls, area), present: storeColumn(present, area, depth) };
  }
  if (values.every((value) => typeof value === 'number')) return { kind: 'numbers', block: storeNumbers(values, area) };
  if (values.every((value) => typeof value === 'boolean'))
    return { kind: 'booleans', block: storeNumbers(values.map(Number), area) };
  if (values.every((value) => typeof value === 'string')) return storeTexts(values, area);
  return (depth < MAX_DEPTH ? storeNested(values, area, depth + 1) : null) ?? storeJson(values, area);
}

function storeNested(values: readonly unknown[], area: ByteArea, depth: number): ColumnPlan | null {
  const keys = sharedKeys(values);
  if (keys !== null) {
    const rows = values as ReadonlyArray<Record<string, unknown>>;
    return { kind: 'rows', table: storeRows(rows, keys, area, depth) };
  }
  if (values.every(Array.isArray)) {
    const lists = values as ReadonlyArray<readonly unknown[]>;
    return { kind: 'lists', lengths: lengthsOf(lists, area), items: storeColumn(lists.flat(), area, depth) };
  }
  if (values.every((value) => value instanceof Map)) {
    const maps = values as ReadonlyArray<ReadonlyMap<unknown, unknown>>;
    return storeEntries(
      'maps',
      maps.map((map) => [...map]),
      area,
      depth,
    );
  }
  if (values.every(isPlain)) return storeEntries('records', values.map(Object.entries), area, depth);
  return null;
}

function storeEntries(
  kind: 'maps' | 'records',
  lists: ReadonlyArray<ReadonlyArray<readonly [unknown, unknown]>>,
  area: ByteArea,
  depth: number,
): ColumnPlan {
  const entries = lists.flat();
  return {
    kind,
    lengths: lengthsOf(lists, area),
    keys: storeColumn(
      entries.map(([key]) => key),
      area,
      depth,
    ),
    items: storeColumn(
      entries.map(([, value]) => value),
      area,
      depth,
    ),
  };
}

function storeTexts(values: readonly string[], area: ByteArea): ColumnPlan {
  const places = new Map<string, number>();
  const positions = values.map((value) => {
    const known = places.get(value);
    if (known !== undefined) return known;
    places.set(value, places.size);
    return places.size - 1;
  });
  return { kind: 'texts', block: storeNumbers(positions, area), list: appendJson([...places.keys()], area) };
}

const lengthsOf = (lists: ReadonlyArray<readonly unknown[]>, area: ByteArea): NumberBlock =>
  storeNumbers(
    lists.map((list) => list.length),
    area,
  );

function storeJson(values: readonly unknown[], area: ByteArea): ColumnPlan {
  return { kind: 'json', list: appendJson(values, area) };
}

function appendJson(values: readonly unknown[], area: ByteArea): StoredJson {
  const { json, escaped } = packJson(values);
  const bytes = encoder.encode(json);
  return { at: area.append(bytes), length: bytes.length, escaped };
}

function loadColumn(plan: ColumnPlan, rows: number, bytes: Uint8Array): ArrayLike<unknown> {
  checkRows(rows);
  switch (plan.kind) {
    case 'same':
      return new Array<unknown>(rows).fill(unpackJson(plan));
    case 'numbers':
      return counted(plan.block, rows, bytes);
    case 'booleans':
      return Array.from(counted(plan.block, rows, bytes), (value) => value === 1);
    case 'texts': {
      const texts = loadJson(plan.list, bytes);
      return Array.from(counted(plan.block, rows, bytes), (place) => texts[place]);
    }
    case 'nullable':
      return loadNullable(plan, rows, bytes);
    case 'lists': {
      const { starts, total } = startsOf(plan.lengths, rows, bytes);
      const items = loadColumn(plan.items, total, bytes);
      return pieces(starts, (from, to) => (from === to ? NOTHING : sliceOf(items, from, to)));
    }
    case 'maps':
      return loadEntries(plan, rows, bytes, (entries) => new Map(entries));
    case 'records':
      return loadEntries(plan, rows, bytes, (entries) => Object.fromEntries(entries as Array<[string, unknown]>));
    case 'rows':
      if (plan.table.rows !== rows) throw new RangeError('a table of a summary has another length than its rows');
      return loadRows(plan.table, bytes);
    case 'json':
      return loadJson(plan.list, bytes);
    default:
      throw new TypeError('a summary holds a column of an unknown kind');
  }
}

function counted(block: NumberBlock, rows: number, bytes: Uint8Array): Int32Array | Float64Array {
  if (block.n !== rows) throw new RangeError('a column of a summary has another length than its table');
  return loadNumbers(block, bytes);
}

function loadNullable(
  plan: Extract<ColumnPlan, { kind: 'nullable' }>,
  rows: number,
  bytes: Uint8Array,
): ArrayLike<unknown> {
  const nulls = counted(plan.nulls, rows, bytes);
  let count = 0;
  for (const flag of nulls) if (flag !== 1) count += 1;
  const present = loadColumn(plan.present, count, bytes);
  let next = 0;
  return Array.from(nulls, (flag) => (flag === 1 ? null : present[next++]));
}

function loadEntries<T>(
  plan: Extract<ColumnPlan, { kind: 'maps' | 'records' }>,
  rows: number,
  bytes: Uint8Array,
  build: (entries: Array<[unknown, unknown]>) => T,
): T[] {
  const { starts, total } = startsOf(plan.lengths, rows, bytes);
  const keys = loadColumn(plan.keys, total, bytes);
  const items = loadColumn(plan.items, total, bytes);
  return pieces(starts, (from, to) => {
    const entries: Array<[unknown, unknown]> = [];
    for (let i = from; i < to; i++) entries.push([keys[i], items[i]]);
    return build(entries);
  });
}

/** Where each list begins among the items of all, and how many those are. */
function startsOf(lengths: NumberBlock, rows: number, bytes: Uint8Array): { starts: number[]; total: number } {
  let total = 0;
  const starts = Array.from(counted(lengths, rows, bytes), (length) => {
    const start = total;
    total += Math.max(0, length);
    return start;
  });
  return { starts: [...starts, total], total };
}

function pieces<T>(starts: readonly number[], build: (from: number, to: number) => T): T[] {
  const built: T[] = [];
  for (let i = 0; i + 1 < starts.length; i++) built.push(build(starts[i] as number, starts[i + 1] as number));
  return built;
}

/** Shared by all rows whose list is empty. */
const NOTHING: readonly unknown[] = [];

/** As `slice`, which is ten times slower for what may be an array of numbers or of values. */
function sliceOf(items: ArrayLike<unknown>, from: number, to: number): unknown[] {
  const slice: unknown[] = [];
  for (let i = from; i < to; i++) slice.push(items[i]);
  return slice;
}

function checkRows(rows: number): void {
  if (!(rows >= 0 && rows <= MAX_ROWS)) throw new RangeError('a summary claims too many rows');
}

function loadJson(list: StoredJson, bytes: Uint8Array): unknown[] {
  const json = decoder.decode(part(bytes, list.at, list.length));
  const values = unpackJson({ json, escaped: list.escaped });
  if (!Array.isArray(values)) throw new TypeError('a summary holds no list where one belongs');
  return values;
}

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null;

const isPlain = (value: unknown): value is Record<string, unknown> =>
  isObject(value) && Object.getPrototypeOf(value) === Object.prototype;
