import type { PlacedEvent, SegmentContent } from '../model/build-application.ts';
import { isObject } from '../model/json-fields.ts';
import type { ModelEvent } from '../model/model-event.ts';
import { TaskCollector } from '../model/task-collector.ts';
import { decodeEvent } from './decode-event.ts';
import { collectTaskEnd, collectTaskStart } from './decode-task.ts';

/** How a line was taken. `blank` lines count as nothing, `damaged` ones hold no readable event. */
export type LineOutcome = 'event' | 'blank' | 'damaged';

/** Distinct unknown event names kept; a hostile log could invent one a line. */
const MAX_UNKNOWN_NAMES = 1_000;
const MAX_UNKNOWN_NAME_CHARS = 200;

/** What a stretch of a log told, with its counts. */
export interface SinkResult extends SegmentContent {
  readonly eventCount: number;
  readonly damagedLines: number;
  readonly unknownEvents: ReadonlyMap<string, number>;
}

/** Stands for a plan that a later one replaced. */
const NO_PLAN = { line: null, tooLarge: false } as const;

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/**
 * Takes the lines of one stretch of a log, in order. This is the full reader: it parses every line it is given, and it
 * decides what a line means; the byte scanner only ever takes lines away from it that it would read to the same effect.
 */
export class EventSink {
  readonly tasks = new TaskCollector();
  readonly #events: PlacedEvent[] = [];
  /** Position of the last plan of each SQL execution. */
  readonly #lastPlans = new Map<number, number>();
  readonly #unknown = new Map<string, number>();
  #eventCount = 0;
  #damagedLines = 0;

  /** Counts task events that the byte scanner put into the collector itself. */
  countTaskEvents(count: number): void {
    this.#eventCount += count;
  }

  countDamaged(): void {
    this.#damagedLines += 1;
  }

  /** Takes one line. `whole` is the line as logged where `bytes` are what was left of it. */
  line(bytes: Uint8Array, whole: Uint8Array = bytes): LineOutcome {
    if (isBlank(bytes)) return 'blank';
    const outcome = this.#parse(bytes, whole);
    if (outcome) this.#eventCount += 1;
    else this.#damagedLines += 1;
    return outcome ? 'event' : 'damaged';
  }

  finish(): SinkResult {
    return {
      tasks: this.tasks.finish(),
      events: this.#events,
      eventCount: this.#eventCount,
      damagedLines: this.#damagedLines,
      unknownEvents: this.#unknown,
    };
  }

  #parse(bytes: Uint8Array, whole: Uint8Array): boolean {
    let event: unknown;
    try {
      event = JSON.parse(decoder.decode(bytes));
    } catch {
      return false;
    }
    if (!isObject(event)) return false;
    const name = event.Event;
    if (typeof name !== 'string') return false;
    if (name === 'SparkListenerTaskEnd') return collectTaskEnd(event, this.tasks);
    if (name === 'SparkListenerTaskStart') return collectTaskStart(event, this.tasks);
    const decoded = decodeEvent(name, event, whole);
    if (decoded === 'invalid') return false;
    if (decoded === 'unknown') this.#countUnknown(name);
    else if (decoded !== 'ignored') this.#keep(decoded);
    return true;
  }

  /** Of several plans of one execution only the last is kept: adaptive execution logs one after every stage. */
  #keep(event: ModelEvent): void {
    const placed: PlacedEvent = { afterTaskEnds: this.tasks.endCount, event };
    if (event.type === 'sql-plan-update') {
      const before = this.#lastPlans.get(event.executionId);
      const superseded = before === undefined ? undefined : this.#events[before];
      if (before !== undefined && superseded !== undefined)
        this.#events[before] = { ...superseded, event: { ...event, plan: NO_PLAN } };
      this.#lastPlans.set(event.executionId, this.#events.length);
    }
    this.#events.push(placed);
  }

  #countUnknown(name: string): void {
    const short = name.slice(0, MAX_UNKNOWN_NAME_CHARS);
    const key = this.#unknown.has(short) || this.#unknown.size < MAX_UNKNOWN_NAMES ? short : '(others)';
    this.#unknown.set(key, (this.#unknown.get(key) ?? 0) + 1);
  }
}

/** Only JSON whitespace. */
function isBlank(bytes: Uint8Array): boolean {
  for (const byte of bytes) if (byte !== 0x20 && byte !== 0x09 && byte !== 0x0d && byte !== 0x0a) return false;
  return true;
}
