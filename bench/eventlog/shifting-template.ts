/** The ids and times that differ between two copies of the same events. */
export type Shifted = 'job' | 'stage' | 'task' | 'execution' | 'rdd' | 'accumulator' | 'time';
export type Shift = Readonly<Record<Shifted, number>>;

/** An event whose ids and times are holes: `literals[0] slots[0] literals[1] … literals[n]`. */
export interface EventTemplate {
  event: string;
  literals: readonly string[];
  slots: readonly { kind: Shifted; value: number }[];
}

/** What a JSON key holds, wherever it appears in an event. */
const KEYS: Readonly<Record<string, Shifted>> = {
  'Job ID': 'job',
  'Stage ID': 'stage',
  'Stage IDs': 'stage',
  'Task ID': 'task',
  'RDD ID': 'rdd',
  executionId: 'execution',
  rootExecutionId: 'execution',
  'spark.sql.execution.id': 'execution',
  'spark.sql.execution.root.id': 'execution',
  accumulatorId: 'accumulator',
  time: 'time',
  Timestamp: 'time',
  'Launch Time': 'time',
  'Finish Time': 'time',
  'Getting Result Time': 'time',
  'Submission Time': 'time',
  'Completion Time': 'time',
};

const MARK = '\u0001';
const SLOT = /"\\u0001(\w+):(-?\d+):([ns])\\u0001"/;

/** Makes a template of one line of an event log. Shifting it by zero gives the same JSON value back. */
export function parseTemplate(line: string): EventTemplate {
  const event = JSON.parse(line) as Record<string, unknown>;
  const parts = JSON.stringify(marked(event, '', '')).split(SLOT);
  const literals: string[] = [parts[0] ?? ''];
  const slots: { kind: Shifted; value: number }[] = [];
  for (let at = 1; at < parts.length; at += 4) {
    const quote = parts[at + 2] === 's' ? '"' : '';
    literals.push(literals.pop() + quote);
    slots.push({ kind: parts[at] as Shifted, value: Number(parts[at + 1]) });
    literals.push(quote + (parts[at + 3] ?? ''));
  }
  return { event: String(event.Event), literals, slots };
}

/** The line of an event, moved by `shift`, without its line end. */
export function renderTemplate(template: EventTemplate, shift: Shift): string {
  let line = template.literals[0] ?? '';
  for (const [at, slot] of template.slots.entries()) {
    line += slot.value + shift[slot.kind] + (template.literals[at + 1] ?? '');
  }
  return line;
}

/** The smallest shift after which no id and no time of the templates meets an old one. */
export function strideOf(templates: readonly EventTemplate[]): Shift {
  const lowest: Partial<Record<Shifted, number>> = {};
  const highest: Partial<Record<Shifted, number>> = {};
  for (const { kind, value } of templates.flatMap((template) => template.slots)) {
    lowest[kind] = Math.min(lowest[kind] ?? value, value);
    highest[kind] = Math.max(highest[kind] ?? value, value);
  }
  const width = (kind: Shifted) => (highest[kind] ?? 0) - (lowest[kind] ?? 0) + 1;
  return {
    job: width('job'),
    stage: width('stage'),
    task: width('task'),
    execution: width('execution'),
    rdd: width('rdd'),
    accumulator: width('accumulator'),
    time: width('time'),
  };
}

/** The shift of the copy with this number; copy 0 is the original. */
export function timesShift(stride: Shift, copy: number): Shift {
  const entries = Object.entries(stride).map(([kind, width]) => [kind, width * copy]);
  return Object.fromEntries(entries) as Shift;
}

/** `value` with every id and time replaced by a marked string; `owner` is the key of the object that it is part of. */
function marked(value: unknown, key: string, owner: string): unknown {
  const kind = kindOf(key, owner);
  if (kind !== undefined && isShiftable(value, kind)) {
    return `${MARK}${kind}:${value}:${typeof value === 'string' ? 's' : 'n'}${MARK}`;
  }
  // SparkListenerDriverAccumUpdates: a list of [accumulator id, value].
  if (key === 'accumUpdates' && Array.isArray(value)) {
    return value.map(([id, update]: unknown[]) => [marked(id, 'accumulatorId', ''), update]);
  }
  if (Array.isArray(value)) return value.map((item) => marked(item, key, owner));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, marked(item, name, key)]));
}

function kindOf(key: string, owner: string): Shifted | undefined {
  if (key === 'ID' && owner === 'Accumulables') return 'accumulator';
  if (key === 'Parent IDs') return owner === 'RDD Info' ? 'rdd' : 'stage';
  return KEYS[key];
}

/** Ids and times are whole numbers, some of them as text; a time of 0 and an id below 0 mean that there is none. */
function isShiftable(value: unknown, kind: Shifted): value is number | string {
  if (typeof value !== 'number' && !(typeof value === 'string' && /^\d+$/.test(value))) return false;
  return kind === 'time' ? Number(value) > 0 : Number(value) >= 0;
}
