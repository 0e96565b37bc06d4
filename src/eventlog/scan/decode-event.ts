import type { Environment } from '../model/application.ts';
import {
  arrayAt,
  idAt,
  isObject,
  type JsonObject,
  numberAt,
  objectAt,
  textAt,
  textMapAt,
  timeAt,
} from '../model/json-fields.ts';
import type { ModelEvent } from '../model/model-event.ts';
import { PEAK_METRICS } from '../model/task-record.ts';
import {
  decodeJobEnd,
  decodeJobStart,
  decodeStageCompleted,
  decodeStageSubmitted,
  decodeStorageLevel,
} from './decode-jobs.ts';
import { decodeSqlEvent } from './decode-sql.ts';
import { decodeStreamingEvent } from './decode-streaming.ts';

/** `ignored`: known and without use for the model. `unknown`: never heard of. `invalid`: known, but what identifies it is missing. */
export type Decoded = ModelEvent | 'ignored' | 'unknown' | 'invalid';

/** Known events that the model has no use for. Task events have a reader of their own. */
const IGNORED: ReadonlySet<string> = new Set([
  'SparkListenerTaskGettingResult',
  'SparkListenerSpeculativeTaskSubmitted',
  'SparkListenerBlockManagerRemoved',
  'SparkListenerUnschedulableTaskSetAdded',
  'SparkListenerUnschedulableTaskSetRemoved',
]);

/** Events without a form of their own in JsonProtocol are logged under the full name of their class. */
const SCHEDULER_PACKAGE = 'org.apache.spark.scheduler.';

type Decoder = (event: JsonObject) => ModelEvent | 'invalid' | 'ignored';

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
    driverLogUrls: isObject(event['Driver Logs']) ? textMapAt(event, 'Driver Logs') : null,
    driverAttributes: textMapAt(event, 'Driver Attributes'),
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
  SparkListenerMiscellaneousProcessAdded: decodeProcess,
  SparkListenerExecutorExcluded: (event) => decodeExclusion(event, true),
  SparkListenerExecutorBlacklisted: (event) => decodeExclusion(event, true),
  SparkListenerExecutorUnexcluded: (event) => decodeExclusion(event, false),
  SparkListenerExecutorUnblacklisted: (event) => decodeExclusion(event, false),
  SparkListenerNodeExcluded: (event) => decodeExclusion(event, true),
  SparkListenerNodeBlacklisted: (event) => decodeExclusion(event, true),
  SparkListenerNodeUnexcluded: (event) => decodeExclusion(event, false),
  SparkListenerNodeUnblacklisted: (event) => decodeExclusion(event, false),
  SparkListenerExecutorExcludedForStage: decodeStageExclusion,
  SparkListenerExecutorBlacklistedForStage: decodeStageExclusion,
  SparkListenerNodeExcludedForStage: decodeStageExclusion,
  SparkListenerNodeBlacklistedForStage: decodeStageExclusion,
  SparkListenerBlockManagerAdded: (event) => {
    const manager = objectAt(event, 'Block Manager ID');
    const executorId = textAt(manager, 'Executor ID');
    if (executorId === null) return 'invalid';
    return {
      type: 'block-manager-added',
      executorId,
      time: timeAt(event, 'Timestamp'),
      host: textAt(manager, 'Host') ?? '',
      port: numberAt(manager, 'Port'),
      maxMemoryBytes: numberAt(event, 'Maximum Memory') ?? 0,
      maxOnHeapBytes: numberAt(event, 'Maximum Onheap Memory'),
      maxOffHeapBytes: numberAt(event, 'Maximum Offheap Memory') ?? 0,
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
    if (executorId === null) return 'invalid';
    const metrics = objectAt(event, 'Executor Metrics');
    // -1 stands for an executor that told nothing: no peaks, not even zeros.
    if ((numberAt(metrics, 'JVMHeapMemory') ?? 0) < 0) return 'ignored';
    return { type: 'executor-peaks', executorId, stage: stageOf(event), peaks: peaksOf(metrics) };
  },
  SparkListenerExecutorMetricsUpdate: (event) => {
    const executorId = textAt(event, 'Executor ID');
    if (executorId === null) return 'invalid';
    const peaks = PEAK_METRICS.map(() => 0);
    for (const update of arrayAt(event, 'Executor Metrics Updated')) {
      if (!isObject(update)) continue;
      for (const [i, value] of peaksOf(objectAt(update, 'Executor Metrics')).entries())
        peaks[i] = Math.max(peaks[i] ?? 0, value);
    }
    return { type: 'executor-peaks', executorId, stage: null, peaks };
  },
};

/** Turns one parsed line into what the model needs of it. `line` is the line as logged. Task events are not for this function. */
export function decodeEvent(name: string, event: JsonObject, line: Uint8Array): Decoded {
  const kind = name.startsWith(SCHEDULER_PACKAGE) ? name.slice(SCHEDULER_PACKAGE.length) : name;
  if (Object.hasOwn(DECODERS, kind)) return (DECODERS[kind] as Decoder)(event);
  if (IGNORED.has(kind)) return 'ignored';
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
      executorResources: Object.keys(executor).map((key) => {
        const request = objectAt(executor, key);
        return {
          name: textAt(request, 'Resource Name') ?? key,
          amount: numberAt(request, 'Amount') ?? 0,
          discoveryScript: textAt(request, 'Discovery Script') ?? '',
          vendor: textAt(request, 'Vendor') ?? '',
        };
      }),
      taskResources: Object.keys(task).map((key) => {
        const request = objectAt(task, key);
        return { name: textAt(request, 'Resource Name') ?? key, amount: numberAt(request, 'Amount') ?? 0 };
      }),
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
    logUrls: textMapAt(description, 'Log Urls'),
    resources: decodeResources(objectAt(description, 'Resources')),
  };
}

/** Of an executor, or of all executors of a host. */
function decodeExclusion(event: JsonObject, excluded: boolean): ModelEvent | 'invalid' {
  const { executorId, host } = excludedOf(event);
  return executorId === null && host === null ? 'invalid' : { type: 'exclusion', executorId, host, excluded };
}

function decodeStageExclusion(event: JsonObject): ModelEvent | 'invalid' {
  const { executorId, host } = excludedOf(event);
  const stageId = idAt(event, 'stageId');
  if (stageId === null || (executorId === null && host === null)) return 'invalid';
  return { type: 'stage-exclusion', executorId, host, stageId, attemptId: idAt(event, 'stageAttemptId') ?? 0 };
}

function excludedOf(event: JsonObject) {
  const executorId = textAt(event, 'executorId') ?? textAt(event, 'Executor ID');
  return { executorId, host: executorId === null ? textAt(event, 'hostId') : null };
}

function decodeProcess(event: JsonObject): ModelEvent | 'invalid' {
  const processId = textAt(event, 'processId');
  if (processId === null) return 'invalid';
  const details = objectAt(event, 'info');
  return {
    type: 'helper-process',
    process: {
      processId,
      hostPort: textAt(details, 'hostPort') ?? '',
      cores: numberAt(details, 'cores') ?? 0,
      addTime: timeAt(event, 'time'),
      logUrls: textMapAt(details, 'logUrlInfo'),
    },
  };
}

function decodeResources(resources: JsonObject): Record<string, readonly string[]> {
  const addresses: Record<string, readonly string[]> = Object.create(null) as Record<string, readonly string[]>;
  for (const name of Object.keys(resources))
    addresses[name] = arrayAt(objectAt(resources, name), 'addresses').map(String);
  return addresses;
}

function stageOf(event: JsonObject): { stageId: number; attemptId: number } | null {
  const stageId = idAt(event, 'Stage ID');
  return stageId === null ? null : { stageId, attemptId: idAt(event, 'Stage Attempt ID') ?? 0 };
}

/** Executor metrics in the order of PEAK_METRICS; 0 for what is missing, negative or no number. */
function peaksOf(metrics: JsonObject): number[] {
  return PEAK_METRICS.map((name) => Math.max(0, numberAt(metrics, name) ?? 0));
}

function decodeBlockUpdated(event: JsonObject): ModelEvent | 'invalid' {
  const block = objectAt(event, 'Block Updated Info');
  const manager = objectAt(block, 'Block Manager ID');
  const executorId = textAt(manager, 'Executor ID');
  const blockId = textAt(block, 'Block ID');
  if (executorId === null || blockId === null) return 'invalid';
  return {
    type: 'block-updated',
    executorId,
    blockId,
    level: decodeStorageLevel(objectAt(block, 'Storage Level')),
    memoryBytes: numberAt(block, 'Memory Size') ?? 0,
    diskBytes: numberAt(block, 'Disk Size') ?? 0,
  };
}
