import { arrayAt, isObject, type JsonObject, numberAt, objectAt, textAt } from '../model/json-fields.ts';
import type { TaskCollector } from '../model/task-collector.ts';
import { RECORD_SLOTS } from '../model/task-record.ts';
import { type FieldSpec, TASK_END_FIELDS, TASK_START_FIELDS } from './task-fields.ts';

/** Largest whole number that the byte scanner reads: fifteen digits, below 2^53. Larger values in a log are no measurements. */
const MAX_WHOLE = 999_999_999_999_999;

/** What Spark writes where it has no value: the peak heap of a task without metrics, the partition of an old task. */
const UNSET = -1;

const RECORD = new Float64Array(RECORD_SLOTS);

/** Reads a parsed SparkListenerTaskStart into the collector; false when it lacks what identifies a task. */
export function collectTaskStart(event: JsonObject, into: TaskCollector): boolean {
  const texts = fill(event, TASK_START_FIELDS, into);
  return into.start(RECORD, 0, texts);
}

/** Reads a parsed SparkListenerTaskEnd into the collector; false when it lacks what identifies a task. */
export function collectTaskEnd(event: JsonObject, into: TaskCollector): boolean {
  const texts = fill(event, TASK_END_FIELDS, into);
  const reason = objectAt(event, 'Task End Reason');
  return into.end(RECORD, 0, {
    ...texts,
    reason: textAt(reason, 'Reason') ?? 'UnknownReason',
    error: describeEndReason(reason),
  });
}

function fill(event: JsonObject, fields: Readonly<Record<string, FieldSpec>>, into: TaskCollector) {
  RECORD.fill(Number.NaN);
  if (!fillObject(event, fields)) into.countUnusable();
  const task = objectAt(event, 'Task Info');
  return {
    executorId: textAt(task, 'Executor ID') ?? '',
    host: textAt(task, 'Host') ?? '',
    locality: textAt(task, 'Locality') ?? '',
  };
}

/** False when a number that is there cannot be one that Spark measured. */
function fillObject(object: JsonObject, fields: Readonly<Record<string, FieldSpec>>): boolean {
  let usable = true;
  for (const [name, field] of Object.entries(fields)) {
    const value = Object.hasOwn(object, name) ? object[name] : undefined;
    if (field.kind !== 'object') {
      RECORD[field.slot] = toSlot(field.kind, value);
      if (field.kind === 'number' && value !== undefined && Number.isNaN(RECORD[field.slot]) && value !== UNSET)
        usable = false;
    } else if (isObject(value)) {
      RECORD[field.slot] = 1;
      usable = fillObject(value, field.fields) && usable;
    } else if (value !== undefined && value !== null) usable = false;
  }
  return usable;
}

/** The number that stands for a field; NaN for what is missing or unusable. Texts are read apart. */
function toSlot(kind: 'number' | 'string' | 'boolean', value: unknown): number {
  if (kind === 'number' && Number.isInteger(value) && (value as number) >= 0 && (value as number) <= MAX_WHOLE)
    return value as number;
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
