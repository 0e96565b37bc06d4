import type { ModelEvent } from '../model/model-event.ts';
import { decodeEvent } from './decode-event.ts';
import type { PlacedEvent, SinkResult } from './event-sink.ts';

const INITIAL_BYTES = 64 << 10;
const PLAN_EVENT = Buffer.from('{"Event":"org.apache.spark.sql.execution.ui.SparkListenerSQL', 'latin1');

/** Where one event's members, and its whole line when it holds a plan, lie in the deferred bytes. */
export interface DeferredEvent {
  readonly afterTaskEnds: number;
  readonly at: number;
  readonly membersLength: number;
  /** 0 when the line was not kept. */
  readonly lineLength: number;
}

/** One buffer a thread, filled anew by every stretch: what is handed over is a copy of the exact size. */
let buffer = new Uint8Array(INITIAL_BYTES);

/** Lines that the scanning thread sets aside for the thread that builds the model: bytes are cheaper to hand over than objects. */
export class DeferredLines {
  #length = 0;

  add(afterTaskEnds: number, members: Uint8Array, line: Uint8Array): DeferredEvent {
    const holdsPlan = PLAN_EVENT.every((byte, i) => members[i] === byte);
    const at = this.#length;
    this.#append(members);
    if (holdsPlan) this.#append(line);
    return { afterTaskEnds, at, membersLength: members.length, lineLength: holdsPlan ? line.length : 0 };
  }

  finish(): Uint8Array {
    return buffer.slice(0, this.#length);
  }

  #append(bytes: Uint8Array): void {
    const needed = this.#length + bytes.length;
    if (needed > buffer.length) {
      const larger = new Uint8Array(Math.max(needed, buffer.length * 2));
      larger.set(buffer.subarray(0, this.#length));
      buffer = larger;
    }
    buffer.set(bytes, this.#length);
    this.#length = needed;
  }
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** The events of a stretch in order, deferred ones decoded one at a time. `count` is told of each deferred one: readable or not. */
export function* decodedEvents(
  result: Pick<SinkResult, 'events' | 'deferredBytes'>,
  count: (readable: boolean) => void,
): Generator<PlacedEvent> {
  for (const placed of result.events) {
    if ('event' in placed) {
      yield placed;
      continue;
    }
    const event = decodeDeferred(placed, result.deferredBytes);
    count(event !== null);
    if (event !== null) yield { afterTaskEnds: placed.afterTaskEnds, event };
  }
}

function decodeDeferred(placed: DeferredEvent, bytes: Uint8Array): ModelEvent | null {
  const lineAt = placed.at + placed.membersLength;
  const members = JSON.parse(decoder.decode(bytes.subarray(placed.at, lineAt))) as Record<string, unknown>;
  const decoded = decodeEvent(String(members.Event), members, bytes.subarray(lineAt, lineAt + placed.lineLength));
  return typeof decoded === 'string' ? null : decoded;
}
