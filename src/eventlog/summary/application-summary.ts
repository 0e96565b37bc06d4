import { HeadgateError } from '../../kernel/errors.ts';
import type { Application, SqlExecution } from '../model/application.ts';
import { NumberColumn } from '../model/number-column.ts';
import { once } from '../model/once.ts';
import { TASK_COLUMNS, type TaskColumn, TaskTable } from '../model/task-table.ts';
import { ByteArea, loadNumbers, type NumberBlock, storeNumbers } from './number-block.ts';
import { packJson, unpackJson } from './packed-json.ts';
import { loadRows, type RowTable, sharedKeys, storeRows } from './row-table.ts';
import { openSections, type Sections, SectionWriter } from './sections.ts';

/** Top-level values whose JSON is longer are decoded when they are asked for, characters. */
const LARGE_VALUE_CHARS = 1024;
/** Properties of a SQL execution that are decoded when one of them is asked for: plans are most of many summaries, and few are looked at. */
const DEFERRED_SQL: ReadonlySet<string> = new Set<keyof SqlExecution>([
  'physicalPlanText',
  'plan',
  'initialPlan',
  'metricValues',
]);
/** More rows than any application has tasks; a summary that claims more is not one of ours. */
const MAX_TASKS = 1 << 28;

/** Where a value of the application lies. */
type ValuePlan =
  | { readonly kind: 'json'; readonly json: string; readonly escaped: boolean }
  | { readonly kind: 'large'; readonly section: string; readonly escaped: boolean }
  | { readonly kind: 'rows'; readonly section: string; readonly table: RowTable; readonly deferred?: DeferredPlan };

/** Properties of single rows, each in a section of its own. */
interface DeferredPlan {
  readonly keys: readonly string[];
  readonly escaped: readonly boolean[];
}

interface TaskPlan {
  readonly count: number;
  /** Columns that are not all zero. */
  readonly columns: Readonly<Partial<Record<TaskColumn, NumberBlock>>>;
  readonly texts: ValuePlan;
}

interface SummaryPlan {
  readonly memoryBytes: number;
  readonly values: Readonly<Record<string, ValuePlan>>;
  readonly tasks: TaskPlan;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * The whole model of an application in few bytes, under a checksum. Everything comes back exactly.
 *
 * `memoryBytes` is what the application takes in memory, for whoever decodes it. Plans that were not parsed are parsed.
 * Throws TypeError for a model that holds what a summary cannot keep (an instance of an unknown class): a bug.
 */
export function encodeApplication(application: Application, memoryBytes = 0): Uint8Array {
  const steps = encodeInSteps(application, memoryBytes);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/** As `encodeApplication`, with a pause offered after every part: a large application takes longer than others should wait. */
export function* encodeInSteps(application: Application, memoryBytes = 0): Generator<undefined, Uint8Array> {
  const writer = new SectionWriter();
  const values: Record<string, ValuePlan> = {};
  for (const [key, value] of Object.entries(application)) {
    if (key === 'tasks') continue;
    values[key] = yield* storeValue(key, value, writer);
    yield;
  }
  const tasks = yield* storeTasks(application.tasks, writer);
  const plan: SummaryPlan = { memoryBytes, values, tasks };
  return writer.finish(plan);
}

/** What a summary tells before it is decoded. */
export interface OpenedSummary {
  /** Each part of it is decoded when it is first asked for. */
  readonly application: Application;
  /** As the encoder was told. */
  readonly memoryBytes: number;
}

/** Opens a summary; null for bytes that are not a whole, undamaged one of this format. */
export function openSummary(bytes: Uint8Array): OpenedSummary | null {
  try {
    const sections = openSections(bytes);
    if (sections === null) return null;
    const { values, tasks, memoryBytes } = sections.plan as SummaryPlan;
    const application: Record<string, unknown> = {};
    for (const [key, plan] of Object.entries(values)) defineValue(application, key, plan, sections);
    defineOnce(application, 'tasks', () => loadTasks(tasks, sections));
    return { application: application as unknown as Application, memoryBytes };
  } catch (error) {
    // Whatever is wrong with it: a summary is only ever a shortcut.
    if (error instanceof RangeError || error instanceof TypeError || error instanceof SyntaxError) return null;
    throw error;
  }
}

/** The application of a summary, as `openSummary`. */
export function decodeApplication(bytes: Uint8Array): Application | null {
  return openSummary(bytes)?.application ?? null;
}

function* storeValue(key: string, value: unknown, writer: SectionWriter): Generator<undefined, ValuePlan> {
  const keys = Array.isArray(value) && value.length > 0 ? sharedKeys(value) : null;
  if (keys !== null) return yield* storeTable(key, value as Array<Record<string, unknown>>, keys, writer);
  const { json, escaped } = packJson(value);
  if (json.length <= LARGE_VALUE_CHARS) return { kind: 'json', json, escaped };
  writer.add(key, encoder.encode(json));
  return { kind: 'large', section: key, escaped };
}

function* storeTable(
  key: string,
  rows: ReadonlyArray<Record<string, unknown>>,
  keys: readonly string[],
  writer: SectionWriter,
): Generator<undefined, ValuePlan> {
  const area = new ByteArea();
  const late = key === 'sqlExecutions' ? keys.filter((name) => DEFERRED_SQL.has(name)) : [];
  const table = storeRows(
    rows,
    keys.filter((name) => !late.includes(name)),
    area,
  );
  writer.add(key, area.bytes);
  if (late.length === 0) return { kind: 'rows', section: key, table };
  const escaped: boolean[] = [];
  for (const [row, held] of rows.entries()) {
    const packed = packJson(lateOf(held, late));
    escaped.push(packed.escaped);
    writer.add(`${key}.${row}`, encoder.encode(packed.json));
    yield;
  }
  return { kind: 'rows', section: key, table, deferred: { keys: late, escaped } };
}

/** A plan that never changed is kept once: `initialPlan` is left out, and is the same object again. */
function lateOf(row: Readonly<Record<string, unknown>>, keys: readonly string[]): Record<string, unknown> {
  const same = row.initialPlan === row.plan;
  return Object.fromEntries(keys.filter((key) => !(same && key === 'initialPlan')).map((key) => [key, row[key]]));
}

function* storeTasks(tasks: TaskTable, writer: SectionWriter): Generator<undefined, TaskPlan> {
  const columns: Partial<Record<TaskColumn, NumberBlock>> = {};
  for (const name of TASK_COLUMNS) {
    const column = tasks.columns[name];
    if (column.byteLength === 0) continue;
    const area = new ByteArea();
    columns[name] = storeNumbers(column, area);
    writer.add(`tasks.${name}`, area.bytes);
    yield;
  }
  const { columns: _, ...texts } = tasks;
  return { count: tasks.count, columns, texts: yield* storeValue('tasks', texts, writer) };
}

function defineValue(into: Record<string, unknown>, key: string, plan: ValuePlan, sections: Sections): void {
  if (plan.kind === 'json') into[key] = unpackJson(plan);
  else defineOnce(into, key, () => loadValue(plan, sections));
}

function loadValue(plan: Exclude<ValuePlan, { kind: 'json' }>, sections: Sections): unknown {
  const bytes = sections.section(plan.section);
  if (plan.kind === 'large') return unpackJson({ json: decoder.decode(bytes), escaped: plan.escaped });
  const rows = loadRows(plan.table, bytes);
  const { deferred } = plan;
  if (deferred === undefined) return rows;
  for (const [row, held] of rows.entries()) {
    const late = once(() => loadLate(`${plan.section}.${row}`, deferred.escaped[row] ?? false, sections));
    for (const key of deferred.keys) defineOnce(held, key, () => late()[key]);
  }
  return rows;
}

function loadLate(section: string, escaped: boolean, sections: Sections): Record<string, unknown> {
  const json = decoder.decode(sections.section(section));
  const late = unpackJson({ json, escaped }) as Record<string, unknown>;
  return { initialPlan: late.plan, ...late };
}

function loadTasks(plan: TaskPlan, sections: Sections): TaskTable {
  if (!(plan.count >= 0 && plan.count <= MAX_TASKS)) throw new RangeError('a summary claims too many tasks');
  const columns = Object.fromEntries(
    TASK_COLUMNS.map((name) => [name, loadTaskColumn(name, plan, sections)]),
  ) as Record<TaskColumn, NumberColumn>;
  const texts = (plan.texts.kind === 'json' ? unpackJson(plan.texts) : loadValue(plan.texts, sections)) as Omit<
    ConstructorParameters<typeof TaskTable>[0],
    'columns'
  >;
  return new TaskTable({ ...texts, columns });
}

function loadTaskColumn(name: TaskColumn, plan: TaskPlan, sections: Sections): NumberColumn {
  const block = plan.columns[name];
  if (block === undefined) return NumberColumn.fromTransfer({ length: plan.count, cells: null });
  if (block.n !== plan.count) throw new RangeError('a task column has another length than the table');
  return NumberColumn.deferred(plan.count, plan.count * (block.wide ? 8 : 4), () =>
    guarded(() => loadNumbers(block, sections.section(`tasks.${name}`))),
  );
}

/** A property that is decoded when it is first read. Reading it throws `internal` for a summary that somebody forged. */
function defineOnce(into: object, key: string, decode: () => unknown): void {
  const get = once(() => guarded(decode));
  Object.defineProperty(into, key, { get, enumerable: true, configurable: true });
}

function guarded<T>(decode: () => T): T {
  try {
    return decode();
  } catch (cause) {
    if (cause instanceof HeadgateError) throw cause;
    throw new HeadgateError('internal', 'A kept summary of an event log does not hold what its checksum vouches for.', {
      hint: 'Somebody else wrote to the store. Remove the summaries from it: they are made again from the logs.',
      cause,
    });
  }
}
