import { isObject, type JsonObject } from '../model/json-fields.ts';
import type { LineSink } from '../scan/read-segment.ts';
import { DETAIL_EVENTS, decodeTaskEnd } from './decode-details.ts';
import { type DetailContent, type DetailEvent, TASK_HEAD, type TaskAccumulable } from './detail-event.ts';

const NAME_START = Buffer.from('{"Event":"', 'latin1');
const QUOTE = 0x22;
const TASK_END = 'SparkListenerTaskEnd';
/** Longer names are of no event that is wanted. */
const MAX_NAME_BYTES = 120;
/** What follows the task's accumulators and is not needed: most of what is left of a line. */
const REST = [',"Task Executor Metrics":', ',"Task Metrics":'].map((text) => Buffer.from(text, 'latin1'));
/** What a change takes besides its texts, in characters. */
const CHANGE_CHARS = 100;
const FIRST_NUMBERS = 1 << 14;

const decoder = new TextDecoder('utf-8');

/** Takes the lines of one stretch of a log, and keeps what details are made of. */
export class DetailSink implements LineSink<DetailContent> {
  readonly #events: Array<{ before: number; event: DetailEvent }> = [];
  readonly #accumulables: Array<readonly [number, readonly TaskAccumulable[]]> = [];
  readonly #pairs: number[] = [];
  #numbers = new Float64Array(FIRST_NUMBERS);
  #count = 0;
  #chars = 0;

  line(bytes: Uint8Array): void {
    const name = nameOf(bytes);
    if (name !== null && name !== TASK_END && !Object.hasOwn(DETAIL_EVENTS, name)) return;
    const event = name === TASK_END ? parseTaskEnd(bytes) : parse(bytes);
    if (event === null) return;
    if (event.Event === TASK_END) this.#taskEnd(event);
    else if (typeof event.Event === 'string' && Object.hasOwn(DETAIL_EVENTS, event.Event)) {
      const decoded = DETAIL_EVENTS[event.Event]?.(event) ?? null;
      if (decoded !== null) this.#events.push({ before: this.#count, event: decoded });
    }
  }

  finish(): DetailContent {
    return {
      tasks: this.#numbers.slice(0, this.#count),
      events: this.#events,
      accumulables: this.#accumulables,
      accumulableChars: this.#chars,
    };
  }

  #taskEnd(event: JsonObject): void {
    this.#pairs.length = 0;
    const task = decodeTaskEnd(event, this.#pairs);
    if (task === null) return;
    if (task.changes.length > 0) {
      this.#accumulables.push([task.head[2] as number, task.changes]);
      for (const { name, update, value } of task.changes)
        this.#chars += CHANGE_CHARS + name.length + (update?.length ?? 0) + (value?.length ?? 0);
    }
    this.#reserve(TASK_HEAD + this.#pairs.length);
    this.#numbers.set(task.head, this.#count);
    this.#numbers[this.#count + TASK_HEAD - 1] = this.#pairs.length / 2;
    this.#numbers.set(this.#pairs, this.#count + TASK_HEAD);
    this.#count += TASK_HEAD + this.#pairs.length;
  }

  #reserve(more: number): void {
    if (this.#count + more <= this.#numbers.length) return;
    const larger = new Float64Array(Math.max(this.#count + more, this.#numbers.length * 2));
    larger.set(this.#numbers.subarray(0, this.#count));
    this.#numbers = larger;
  }
}

/** Name of the event that a line begins with; null where it does not begin as Spark writes it. */
function nameOf(bytes: Uint8Array): string | null {
  if (bytes.length < NAME_START.length || !NAME_START.every((byte, i) => bytes[i] === byte)) return null;
  const end = bytes.indexOf(QUOTE, NAME_START.length);
  if (end === -1 || end - NAME_START.length > MAX_NAME_BYTES) return null;
  return Buffer.from(bytes.buffer, bytes.byteOffset + NAME_START.length, end - NAME_START.length).toString('latin1');
}

/** Without the metrics at the end, which are not needed: where the line is not as Spark writes it, all of it. */
function parseTaskEnd(bytes: Uint8Array): JsonObject | null {
  const line = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  for (const rest of REST) {
    const at = line.indexOf(rest);
    if (at === -1) continue;
    const cut = parseText(`${line.toString('utf8', 0, at)}}`);
    if (cut !== null && isObject(cut['Task Info'])) return cut;
  }
  return parse(bytes);
}

const parse = (bytes: Uint8Array): JsonObject | null => parseText(decoder.decode(bytes));

function parseText(text: string): JsonObject | null {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}
