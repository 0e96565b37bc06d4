import { isObject } from '../model/json-fields.ts';
import type { ModelEvent } from '../model/model-event.ts';
import { TaskCollector } from '../model/task-collector.ts';
import { decodeEvent } from './decode-event.ts';
import { collectTaskEnd, collectTaskStart } from './decode-task.ts';
import { type DeferredEvent, DeferredLines } from './deferred-lines.ts';

/** How a line was taken. `blank` lines count as nothing, `damaged` ones hold no readable event. */
export type LineOutcome = 'event' | 'blank' | 'damaged';

/** One event and how many task ends came before it in its segment. */
export interface PlacedEvent {
  readonly afterTaskEnds: number;
  readonly event: ModelEvent;
}

/** What a stretch of a log told, as it crosses a thread boundary. */
export interface SinkResult {
  readonly tasks: ReturnType<TaskCollector['finish']>;
  readonly events: ReadonlyArray<PlacedEvent | DeferredEvent>;
  readonly deferredBytes: Uint8Array;
  readonly eventCount: number;
  readonly damagedLines: number;
  readonly unknownEvents: ReadonlyMap<string, number>;
}

/** Distinct unknown event names kept; a hostile log could invent one a line. */
const MAX_UNKNOWN_NAMES = 1_000;
const MAX_UNKNOWN_NAME_CHARS = 200;

/** Takes a byte order mark away, which some tools put before the first line. */
const decoder = new TextDecoder('utf-8');

/**
 * Takes the lines of one stretch of a log, in order. `line` is the full reader: it parses what it is given, and decides
 * what a line means. The byte scanner only takes lines away from it that it would read to the same effect.
 */
export class EventSink {
  readonly tasks = new TaskCollector();
  readonly #events: Array<PlacedEvent | DeferredEvent> = [];
  readonly #deferred = new DeferredLines();
  readonly #unknown = new Map<string, number>();
  #eventCount = 0;
  #damagedLines = 0;

  /** Counts task events that the byte scanner put into the collector itself. */
  countTaskEvents(count: number): void {
    this.#eventCount += count;
  }

  line(bytes: Uint8Array): LineOutcome {
    if (isBlank(bytes)) return 'blank';
    const outcome = this.#parse(bytes);
    if (outcome) this.#eventCount += 1;
    else this.#damagedLines += 1;
    return outcome ? 'event' : 'damaged';
  }

  /** A line that was checked to be a known event, no task event: `members` are what the model needs of `line`. Decoded later. */
  defer(members: Uint8Array, line: Uint8Array): void {
    this.#events.push(this.#deferred.add(this.tasks.endCount, members, line));
  }

  finish(): SinkResult {
    return {
      tasks: this.tasks.finish(),
      events: this.#events,
      deferredBytes: this.#deferred.finish(),
      eventCount: this.#eventCount,
      damagedLines: this.#damagedLines,
      unknownEvents: this.#unknown,
    };
  }

  #parse(bytes: Uint8Array): boolean {
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
    const decoded = decodeEvent(name, event, bytes);
    if (decoded === 'invalid') return false;
    if (decoded === 'unknown') this.#countUnknown(name);
    else if (decoded !== 'ignored') this.#events.push({ afterTaskEnds: this.tasks.endCount, event: ownPlan(decoded) });
    return true;
  }

  #countUnknown(name: string): void {
    const short = name.slice(0, MAX_UNKNOWN_NAME_CHARS);
    const key = this.#unknown.has(short) || this.#unknown.size < MAX_UNKNOWN_NAMES ? short : '(others)';
    this.#unknown.set(key, (this.#unknown.get(key) ?? 0) + 1);
  }
}

/** A plan is a view of the line, whose buffer is filled anew. */
function ownPlan(event: ModelEvent): ModelEvent {
  if (!('plan' in event) || event.plan.line === null) return event;
  return { ...event, plan: { ...event.plan, line: new Uint8Array(event.plan.line) } };
}

/** Only JSON whitespace. */
function isBlank(bytes: Uint8Array): boolean {
  for (const byte of bytes) if (byte !== 0x20 && byte !== 0x09 && byte !== 0x0d && byte !== 0x0a) return false;
  return true;
}
