import type { PlacedEvent, SegmentContent } from '../model/build-application.ts';
import { TaskCollector } from '../model/task-collector.ts';
import { decodeEvent } from './decode-event.ts';
import { collectTaskEnd, collectTaskStart } from './decode-task.ts';
import { isObject } from './json-fields.ts';

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

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/**
 * Takes the lines of one stretch of a log, in order. This is the full reader: it parses every line it is given, and it
 * decides what a line means; the byte scanner only ever takes lines away from it that it would read to the same effect.
 */
export class EventSink {
  readonly tasks = new TaskCollector();
  readonly #events: PlacedEvent[] = [];
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

  line(bytes: Uint8Array): LineOutcome {
    if (isBlank(bytes)) return 'blank';
    const outcome = this.#parse(bytes);
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

  #parse(bytes: Uint8Array): boolean {
    let event: unknown;
    try {
      event = JSON.parse(decoder.decode(bytes));
    } catch {
      return false;
    }
    if (!isObject(event)) return false;
    const name = event['Event'];
    if (typeof name !== 'string') return false;
    if (name === 'SparkListenerTaskEnd') return collectTaskEnd(event, this.tasks);
    if (name === 'SparkListenerTaskStart') return collectTaskStart(event, this.tasks);
    const decoded = decodeEvent(name, event);
    if (decoded === 'invalid') return false;
    if (decoded === 'unknown') this.#countUnknown(name);
    else if (decoded !== 'ignored') this.#events.push({ afterTaskEnds: this.tasks.endCount, event: decoded });
    return true;
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
