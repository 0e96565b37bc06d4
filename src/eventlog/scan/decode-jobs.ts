import {
  arrayAt,
  idAt,
  idsAt,
  isObject,
  type JsonObject,
  numberAt,
  objectAt,
  textAt,
  timeAt,
} from '../model/json-fields.ts';
import type {
  JobProperties,
  ModelEvent,
  RddInfo,
  StageAccumulators,
  StageInfo,
  StorageLevel,
} from '../model/model-event.ts';
import { mutableIdOrder } from '../rest/scala-map-order.ts';

/** Accumulables with this prefix repeat the task metrics: Spark may leave them out (SPARK-42204), so nothing depends on them. */
const INTERNAL_PREFIX = 'internal.metrics';

export function decodeJobStart(event: JsonObject): ModelEvent | 'invalid' {
  const jobId = idAt(event, 'Job ID');
  if (jobId === null) return 'invalid';
  const stages = arrayAt(event, 'Stage Infos')
    .map(decodeStageInfo)
    .filter((stage) => stage !== null);
  const ids = idsAt(event, 'Stage IDs');
  return {
    type: 'job-start',
    jobId,
    time: timeAt(event, 'Submission Time'),
    stageIds: ids.length > 0 ? ids : stages.map((stage) => stage.stageId),
    stages,
    properties: decodeProperties(objectAt(event, 'Properties')),
  };
}

export function decodeJobEnd(event: JsonObject): ModelEvent | 'invalid' {
  const jobId = idAt(event, 'Job ID');
  if (jobId === null) return 'invalid';
  const result = objectAt(event, 'Job Result');
  return {
    type: 'job-end',
    jobId,
    time: timeAt(event, 'Completion Time'),
    succeeded: textAt(result, 'Result') === 'JobSucceeded',
    error: textAt(objectAt(result, 'Exception'), 'Message'),
  };
}

export function decodeStageSubmitted(event: JsonObject): ModelEvent | 'invalid' {
  const stage = decodeStageInfo(event['Stage Info']);
  if (stage === null) return 'invalid';
  const rdds = arrayAt(objectAt(event, 'Stage Info'), 'RDD Info')
    .map(decodeRdd)
    .filter((rdd) => rdd !== null);
  return { type: 'stage-submitted', stage, rdds, properties: decodeProperties(objectAt(event, 'Properties')) };
}

export function decodeStageCompleted(event: JsonObject): ModelEvent | 'invalid' {
  const stage = decodeStageInfo(event['Stage Info']);
  if (stage === null) return 'invalid';
  return { type: 'stage-completed', stage, accumulators: decodeAccumulators(objectAt(event, 'Stage Info')) };
}

function decodeStageInfo(value: unknown): StageInfo | null {
  if (!isObject(value)) return null;
  const stageId = idAt(value, 'Stage ID');
  if (stageId === null) return null;
  return {
    stageId,
    attemptId: idAt(value, 'Stage Attempt ID') ?? 0,
    name: textAt(value, 'Stage Name') ?? '',
    details: textAt(value, 'Details') ?? '',
    taskCount: idAt(value, 'Number of Tasks') ?? 0,
    submissionTime: timeAt(value, 'Submission Time'),
    completionTime: timeAt(value, 'Completion Time'),
    failureReason: textAt(value, 'Failure Reason'),
    parentIds: idsAt(value, 'Parent IDs'),
    rddIds: arrayAt(value, 'RDD Info')
      .map((rdd) => (isObject(rdd) ? idAt(rdd, 'RDD ID') : null))
      .filter((id) => id !== null),
    resourceProfileId: idAt(value, 'Resource Profile Id') ?? 0,
    shufflePushEnabled: value['Shuffle Push Enabled'] === true,
    shuffleMergerCount: idAt(value, 'Shuffle Push Mergers Count') ?? 0,
  };
}

function decodeRdd(value: unknown): RddInfo | null {
  if (!isObject(value)) return null;
  const rddId = idAt(value, 'RDD ID');
  if (rddId === null) return null;
  return {
    rddId,
    name: textAt(value, 'Name') ?? '',
    partitionCount: idAt(value, 'Number of Partitions') ?? 0,
    storageLevel: decodeStorageLevel(objectAt(value, 'Storage Level')),
  };
}

/** Flags of a storage level; those of `NONE` where there is none. */
export function decodeStorageLevel(level: JsonObject): StorageLevel {
  return {
    usesDisk: level['Use Disk'] === true,
    usesMemory: level['Use Memory'] === true,
    usesOffHeap: level['Use Off Heap'] === true,
    deserialized: level.Deserialized === true,
    replication: numberAt(level, 'Replication') ?? 1,
  };
}

function decodeProperties(properties: JsonObject): JobProperties {
  const tags = textAt(properties, 'spark.job.tags');
  return {
    description: textAt(properties, 'spark.job.description'),
    group: textAt(properties, 'spark.jobGroup.id'),
    tags: tags === null ? [] : tags.split(',').filter((tag) => tag !== ''),
    sqlExecutionId: idAt(properties, 'spark.sql.execution.id'),
    pool: textAt(properties, 'spark.scheduler.pool'),
  };
}

function decodeAccumulators(stage: JsonObject): StageAccumulators {
  const accumulables = arrayAt(stage, 'Accumulables');
  const sqlIds: number[] = [];
  const sqlValues: number[] = [];
  const user: StageAccumulators['user'][number][] = [];
  for (const accumulable of accumulables) {
    if (!isObject(accumulable)) continue;
    const id = idAt(accumulable, 'ID');
    const name = textAt(accumulable, 'Name');
    if (id === null || name?.startsWith(INTERNAL_PREFIX) === true) continue;
    if (textAt(accumulable, 'Metadata') !== 'sql') {
      if (name !== null && accumulable.Internal !== true) user.push(userAccumulator(id, name, accumulable));
      continue;
    }
    const value = numberAt(accumulable, 'Value');
    if (value === null) continue;
    sqlIds.push(id);
    sqlValues.push(Math.max(0, value));
  }
  return {
    sqlIds: Float64Array.from(sqlIds),
    sqlValues: Float64Array.from(sqlValues),
    user: mutableIdOrder(user, accumulables.length, (one) => one.id),
  };
}

function userAccumulator(id: number, name: string, accumulable: JsonObject): StageAccumulators['user'][number] {
  const text = textAt(accumulable, 'Value') ?? JSON.stringify(accumulable.Value ?? null);
  return { id, name, value: numberAt(accumulable, 'Value') ?? JSON.stringify(accumulable.Value ?? null), text };
}
