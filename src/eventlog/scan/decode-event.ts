import type { Environment } from '../model/application.ts';
import {
  arrayAt,
  idAt,
  isObject,
  type JsonObject,
  numberAt,
  numberMap,
  objectAt,
  textAt,
  textMapAt,
  timeAt,
} from '../model/json-fields.ts';
import type { ModelEvent } from '../model/model-event.ts';
import { decodeJobEnd, decodeJobStart, decodeStageCompleted, decodeStageSubmitted } from './decode-jobs.ts';
import { decodeSqlEvent } from './decode-sql.ts';
import { decodeStreamingEvent } from './decode-streaming.ts';

/** `ignored`: known and without use for the model. `unknown`: never heard of. `invalid`: known, but what identifies it is missing. */
export type Decoded = ModelEvent | 'ignored' | 'unknown' | 'invalid';

/** Known events that the model has no use for. Task events have a reader of their own. */
const IGNORED: ReadonlySet<string> = new Set([
  'SparkListenerTaskGettingResult',
  'SparkListenerSpeculativeTaskSubmitted',
  'SparkListenerBlockManagerRemoved',
  'SparkListenerMiscellaneousProcessAdded',
  'SparkListenerUnschedulableTaskSetAdded',
  'SparkListenerUnschedulableTaskSetRemoved',
  'SparkListenerExecutorUnexcluded',
  'SparkListenerExecutorUnblacklisted',
  'SparkListenerNodeExcluded',
  'SparkListenerNodeBlacklisted',
  'SparkListenerNodeExcludedForStage',
  'SparkListenerNodeBlacklistedForStage',
  'SparkListenerNodeUnexcluded',
  'SparkListenerNodeUnblacklisted',
]);

type Decoder = (event: JsonObject) => ModelEvent | 'invalid';

const DECODERS: Readonly<Record<string, Decoder>> = {
  SparkListenerLogStart: (event) => {
    const sparkVersion = textAt(event, 'Spark Version');
    return sparkVersion === null ? 'invalid' : { type: 'log-start', sparkVersion };
  },
  SparkListenerApplicationStart: (event) => ({
    type: 'application-start',
    appId: textAt(event, 'App ID'),
    attemptId: textAt(event, 'App Attempt ID'),
    name: textAt(event, 'App Name') ?? '',
    user: textAt(event, 'User') ?? '',
    time: timeAt(event, 'Timestamp'),
  }),
  SparkListenerApplicationEnd: (event) => ({
    type: 'application-end',
    time: timeAt(event, 'Timestamp'),
    exitCode: numberAt(event, 'ExitCode'),
  }),
  SparkListenerEnvironmentUpdate: (event) => ({ type: 'environment', environment: decodeEnvironment(event) }),
  SparkListenerResourceProfileAdded: decodeResourceProfile,
  SparkListenerExecutorAdded: decodeExecutorAdded,
  SparkListenerExecutorRemoved: (event) => {
    const executorId = textAt(event, 'Executor ID');
    if (executorId === null) return 'invalid';
    return {
      type: 'executor-removed',
      executorId,
      time: timeAt(event, 'Timestamp'),
      reason: textAt(event, 'Removed Reason') ?? '',
    };
  },
  SparkListenerExecutorExcluded: decodeExcluded,
  SparkListenerExecutorBlacklisted: decodeExcluded,
  SparkListenerExecutorExcludedForStage: decodeExcluded,
  SparkListenerExecutorBlacklistedForStage: decodeExcluded,
  SparkListenerBlockManagerAdded: (event) => {
    const manager = objectAt(event, 'Block Manager ID');
    const executorId = textAt(manager, 'Executor ID');
    if (executorId === null) return 'invalid';
    return {
      type: 'block-manager-added',
      executorId,
      time: timeAt(event, 'Timestamp'),
      host: textAt(manager, 'Host') ?? '',
      maxMemoryBytes: numberAt(event, 'Maximum Memory') ?? 0,
    };
  },
  SparkListenerJobStart: decodeJobStart,
  SparkListenerJobEnd: decodeJobEnd,
  SparkListenerStageSubmitted: decodeStageSubmitted,
  SparkListenerStageCompleted: decodeStageCompleted,
  SparkListenerUnpersistRDD: (event) => {
    const rddId = idAt(event, 'RDD ID');
    return rddId === null ? 'invalid' : { type: 'unpersist', rddId };
  },
  SparkListenerBlockUpdated: decodeBlockUpdated,
  SparkListenerStageExecutorMetrics: (event) => {
    const executorId = textAt(event, 'Executor ID');
    return executorId === null
      ? 'invalid'
      : { type: 'executor-peaks', executorId, peaks: numberMap(objectAt(event, 'Executor Metrics')) };
  },
  SparkListenerExecutorMetricsUpdate: (event) => {
    const executorId = textAt(event, 'Executor ID');
    if (executorId === null) return 'invalid';
    const peaks: Record<string, number> = {};
    for (const update of arrayAt(event, 'Executor Metrics Updated')) {
      if (!isObject(update)) continue;
      for (const [name, value] of Object.entries(numberMap(objectAt(update, 'Executor Metrics'))))
        peaks[name] = Math.max(peaks[name] ?? 0, value);
    }
    return { type: 'executor-peaks', executorId, peaks };
  },
};

/** Turns one parsed line into what the model needs of it. `line` is the line as logged. Task events are not for this function. */
export function decodeEvent(name: string, event: JsonObject, line: Uint8Array): Decoded {
  if (Object.hasOwn(DECODERS, name)) return (DECODERS[name] as Decoder)(event);
  if (IGNORED.has(name)) return 'ignored';
  return decodeSqlEvent(name, event, line) ?? decodeStreamingEvent(name, event) ?? 'unknown';
}

function decodeEnvironment(event: JsonObject): Omit<Environment, 'resourceProfiles'> {
  return {
    jvm: textMapAt(event, 'JVM Information'),
    spark: textMapAt(event, 'Spark Properties'),
    hadoop: textMapAt(event, 'Hadoop Properties'),
    system: textMapAt(event, 'System Properties'),
    metrics: textMapAt(event, 'Metrics Properties'),
    classpath: textMapAt(event, 'Classpath Entries'),
  };
}

function decodeResourceProfile(event: JsonObject): ModelEvent | 'invalid' {
  const id = idAt(event, 'Resource Profile Id');
  if (id === null) return 'invalid';
  const executor = objectAt(event, 'Executor Resource Requests');
  const task = objectAt(event, 'Task Resource Requests');
  return {
    type: 'resource-profile',
    profile: {
      id,
      executorCores: numberAt(objectAt(executor, 'cores'), 'Amount'),
      executorMemoryMib: numberAt(objectAt(executor, 'memory'), 'Amount'),
      taskCpus: numberAt(objectAt(task, 'cpus'), 'Amount'),
    },
  };
}

function decodeExecutorAdded(event: JsonObject): ModelEvent | 'invalid' {
  const executorId = textAt(event, 'Executor ID');
  if (executorId === null) return 'invalid';
  const description = objectAt(event, 'Executor Info');
  return {
    type: 'executor-added',
    executorId,
    time: timeAt(event, 'Timestamp'),
    host: textAt(description, 'Host') ?? '',
    cores: numberAt(description, 'Total Cores') ?? 0,
    resourceProfileId: idAt(description, 'Resource Profile Id') ?? 0,
    attributes: textMapAt(description, 'Attributes'),
  };
}

function decodeExcluded(event: JsonObject): ModelEvent | 'invalid' {
  const executorId = textAt(event, 'executorId') ?? textAt(event, 'Executor ID');
  if (executorId === null) return 'invalid';
  return { type: 'executor-excluded', executorId, stageId: idAt(event, 'stageId') };
}

function decodeBlockUpdated(event: JsonObject): ModelEvent | 'invalid' {
  const block = objectAt(event, 'Block Updated Info');
  const manager = objectAt(block, 'Block Manager ID');
  const executorId = textAt(manager, 'Executor ID');
  const blockId = textAt(block, 'Block ID');
  if (executorId === null || blockId === null) return 'invalid';
  const level = objectAt(block, 'Storage Level');
  return {
    type: 'block-updated',
    executorId,
    blockId,
    usesMemory: level['Use Memory'] === true,
    usesDisk: level['Use Disk'] === true,
    memoryBytes: numberAt(block, 'Memory Size') ?? 0,
    diskBytes: numberAt(block, 'Disk Size') ?? 0,
  };
}
