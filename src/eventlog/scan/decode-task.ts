import { arrayAt, isObject, type JsonObject, numberAt, objectAt, textAt } from '../model/json-fields.ts';
import type { TaskCollector } from '../model/task-collector.ts';
import { RECORD_SLOTS } from '../model/task-record.ts';
import { type FieldSpec, TASK_END_FIELDS, TASK_START_FIELDS } from './task-fields.ts';

/** Largest whole number that the byte scanner reads: fifteen digits, below 2^53. Larger values in a log are no measurements. */
const MAX_WHOLE = 999_999_999_999_999;

const RECORD = new Float64Array(RECORD_SLOTS);

/** Reads a parsed SparkListenerTaskStart into the collector; false when it lacks what identifies a task. */
export function collectTaskStart(event: JsonObject, into: TaskCollector): boolean {
  const texts = fill(event, TASK_START_FIELDS);
  return into.start(RECORD, 0, texts);
}

/** Reads a parsed SparkListenerTaskEnd into the collector; false when it lacks what identifies a task. */
export function collectTaskEnd(event: JsonObject, into: TaskCollector): boolean {
  const texts = fill(event, TASK_END_FIELDS);
  const reason = objectAt(event, 'Task End Reason');
  return into.end(RECORD, 0, {
    ...texts,
    reason: textAt(reason, 'Reason') ?? 'UnknownReason',
    error: describeEndReason(reason),
  });
}

function fill(event: JsonObject, fields: Readonly<Record<string, FieldSpec>>) {
  RECORD.fill(Number.NaN);
  fillObject(event, fields);
  const task = objectAt(event, 'Task Info');
  return {
    executorId: textAt(task, 'Executor ID') ?? '',
    host: textAt(task, 'Host') ?? '',
    locality: textAt(task, 'Locality') ?? '',
  };
}

function fillObject(object: JsonObject, fields: Readonly<Record<string, FieldSpec>>): void {
  for (const [name, field] of Object.entries(fields)) {
    const value = Object.hasOwn(object, name) ? object[name] : undefined;
    if (field.kind !== 'object') RECORD[field.slot] = toSlot(field.kind, value);
    else if (isObject(value)) {
      RECORD[field.slot] = 1;
      fillObject(value, field.fields);
    }
  }
}

/** The number that stands for a field; NaN for what is missing or of another type. Texts are read apart. */
function toSlot(kind: 'number' | 'string' | 'boolean', value: unknown): number {
  if (kind === 'number' && typeof value === 'number' && Math.abs(value) <= MAX_WHOLE) return value;
  if (kind === 'boolean' && typeof value === 'boolean') return value ? 1 : 0;
  return Number.NaN;
}

/** The error text of a task end as the History Server shows it. Source: TaskEndReason.scala, toErrorString. Null for success. */
function describeEndReason(reason: JsonObject): string | null {
  switch (textAt(reason, 'Reason')) {
    case 'Success':
      return null;
    case 'Resubmitted':
      return 'Resubmitted (resubmitted due to lost executor)';
    case 'TaskResultLost':
      return 'TaskResultLost (result lost from block manager)';
    case 'TaskKilled':
      return textAt(reason, 'Kill Reason') ?? 'unknown reason';
    case 'TaskCommitDenied':
      return `TaskCommitDenied (Driver denied task commit) for job: ${numberAt(reason, 'Job ID')}, partition: ${numberAt(reason, 'Partition ID')}, attemptNumber: ${numberAt(reason, 'Attempt Number')}`;
    case 'ExceptionFailure':
      return describeException(reason);
    case 'FetchFailed':
      return describeFetchFailure(reason);
    case 'ExecutorLostFailure': {
      const caused =
        reason['Exit Caused By App'] === false
          ? 'unrelated to the running tasks'
          : 'caused by one of the running tasks';
      const why = textAt(reason, 'Loss Reason');
      return `ExecutorLostFailure (executor ${textAt(reason, 'Executor ID')} exited ${caused})${why === null ? '' : ` Reason: ${why}`}`;
    }
    default:
      return 'UnknownReason';
  }
}

function describeException(reason: JsonObject): string {
  const full = textAt(reason, 'Full Stack Trace');
  if (full !== null) return full;
  const frames = arrayAt(reason, 'Stack Trace')
    .filter(isObject)
    .map(
      (frame) =>
        `        ${textAt(frame, 'Declaring Class')}.${textAt(frame, 'Method Name')}(${textAt(frame, 'File Name')}:${numberAt(frame, 'Line Number')})`,
    );
  return `${textAt(reason, 'Class Name')}: ${textAt(reason, 'Description')}\n${frames.join('\n')}`;
}

function describeFetchFailure(reason: JsonObject): string {
  const address = objectAt(reason, 'Block Manager Address');
  const executorId = textAt(address, 'Executor ID');
  const manager =
    executorId === null
      ? 'null'
      : `BlockManagerId(${executorId}, ${textAt(address, 'Host')}, ${numberAt(address, 'Port')}, None)`;
  return (
    `FetchFailed(${manager}, shuffleId=${numberAt(reason, 'Shuffle ID')}, mapIndex=${numberAt(reason, 'Map Index')}, ` +
    `mapId=${numberAt(reason, 'Map ID')}, reduceId=${numberAt(reason, 'Reduce ID')}, message=\n${textAt(reason, 'Message')}\n)`
  );
}
