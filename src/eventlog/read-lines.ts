import type { Application } from './model/application.ts';
import { ApplicationAssembler } from './model/build-application.ts';
import { isObject, textAt } from './model/json-fields.ts';
import type { ModelEvent } from './model/model-event.ts';
import { TaskCollector } from './model/task-collector.ts';
import { decodeEvent } from './scan/decode-event.ts';

/**
 * The application of some lines of a log, in their order: for what is read elsewhere and handed over in part. Task events are left
 * out. `attemptIdHint` and `appIdHint` as the log's name tells them. Lines that are no events are ignored.
 */
export function applicationOfLines(
  lines: Iterable<string>,
  hints: { readonly appIdHint: string | null; readonly attemptIdHint: string | null },
): Application {
  const events: Array<{ afterTaskEnds: number; event: ModelEvent }> = [];
  for (const line of lines) {
    const event = eventOf(line);
    if (event !== null) events.push({ afterTaskEnds: 0, event });
  }
  const assembler = new ApplicationAssembler();
  assembler.add({ tasks: new TaskCollector().finish(), events });
  return assembler.finish({
    ...hints,
    inProgress: false,
    gaps: [],
    eventCount: events.length,
    bytesRead: 0,
    unknownEvents: new Map(),
  });
}

function eventOf(line: string): ModelEvent | null {
  let parsed: unknown;
  try {
    parsed = JSON.parse(line);
  } catch {
    return null;
  }
  if (!isObject(parsed)) return null;
  const decoded = decodeEvent(textAt(parsed, 'Event') ?? '', parsed, Buffer.from(line));
  return typeof decoded === 'string' ? null : decoded;
}
