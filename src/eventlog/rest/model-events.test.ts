import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { PEAK_METRICS } from '../model/task-record.ts';
import { findLogs } from '../open/index.ts';
import { readApplication } from '../read-application.ts';
import { renderEnvironment } from './environment.ts';
import { renderExecutors } from './executors.ts';
import { type Json, jsonText } from './json.ts';
import { renderMiscellaneousProcesses } from './processes.ts';
import { renderRdds } from './storage.ts';
import { noStreamingListener } from './streaming.ts';

const folder = mkdtempSync(join(tmpdir(), 'headgate-model-events-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let written = 0;

const SCHEDULER = 'org.apache.spark.scheduler.SparkListener';
const started = {
  Event: 'SparkListenerApplicationStart',
  'App Name': 'shop',
  'App ID': 'app-1',
  Timestamp: 1_000,
  User: 'etl',
};

async function read(events: ReadonlyArray<Record<string, unknown>>) {
  const path = join(folder, `app-${++written}`);
  writeFileSync(path, [started, ...events].map((event) => `${JSON.stringify(event)}\n`).join(''));
  const log = (await findLogs(path)).logs[0];
  if (log === undefined) throw new Error('findLogs gave nothing');
  return readApplication(log, { threads: 0 });
}

const parsed = (value: Json) => JSON.parse(jsonText(value));
const executors = async (events: ReadonlyArray<Record<string, unknown>>) =>
  parsed(renderExecutors(await read(events), { activeOnly: false }, 5_000)) as Array<Record<string, unknown>>;

const addedExecutor = (id: string, time = 2_000, host = 'host-1') => ({
  Event: 'SparkListenerExecutorAdded',
  Timestamp: time,
  'Executor ID': id,
  'Executor Info': {
    Host: host,
    'Total Cores': 4,
    'Log Urls': { stdout: 'http://logs/out', stderr: 'http://logs/err' },
    Attributes: {},
    Resources: { gpu: { name: 'gpu', addresses: ['0', '1'] } },
    'Resource Profile Id': 0,
  },
});
const addedBlocks = (id: string, host = 'host-1') => ({
  Event: 'SparkListenerBlockManagerAdded',
  'Block Manager ID': { 'Executor ID': id, Host: host, Port: 7_337 },
  'Maximum Memory': 1_000,
  Timestamp: 2_001,
  'Maximum Onheap Memory': 900,
  'Maximum Offheap Memory': 100,
});
const removedExecutor = (id: string) => ({
  Event: 'SparkListenerExecutorRemoved',
  Timestamp: 4_000,
  'Executor ID': id,
  'Removed Reason': 'idle',
});
const stageEvent = (kind: 'Submitted' | 'Completed', rdds: readonly unknown[] = []) => ({
  Event: `SparkListenerStage${kind}`,
  'Stage Info': {
    'Stage ID': 7,
    'Stage Attempt ID': 0,
    'Stage Name': 'count',
    'Number of Tasks': 1,
    'RDD Info': rdds,
    'Parent IDs': [],
    Details: '',
    'Submission Time': 2_500,
    ...(kind === 'Completed' ? { 'Completion Time': 3_500 } : {}),
    Accumulables: [],
    'Resource Profile Id': 0,
    'Shuffle Push Enabled': true,
    'Shuffle Push Mergers Count': 3,
  },
  Properties: {},
});
const IN_MEMORY = { 'Use Disk': true, 'Use Memory': true, 'Use Off Heap': false, Deserialized: true, Replication: 2 };
const NOWHERE = { 'Use Disk': false, 'Use Memory': false, 'Use Off Heap': false, Deserialized: false, Replication: 1 };
const RDD = { 'RDD ID': 5, Name: 'orders', 'Number of Partitions': 2, 'Storage Level': IN_MEMORY };
const block = (executor: string, id: string, memory: number, level = IN_MEMORY, disk = 0) => ({
  Event: 'SparkListenerBlockUpdated',
  'Block Updated Info': {
    'Block Manager ID': { 'Executor ID': executor, Host: 'host-1', Port: 7_337 },
    'Block ID': id,
    'Storage Level': level,
    'Memory Size': memory,
    'Disk Size': disk,
  },
});

describe('executors of a log', () => {
  it('are excluded one by one, by host, and for a stage until it ends [history-rest-model.executors]', async () => {
    const two = [addedExecutor('1'), addedExecutor('2', 2_000, 'host-2'), stageEvent('Submitted')];
    const excluded = { Event: `${SCHEDULER}ExecutorExcluded`, time: 3_000, executorId: '1', taskFailures: 2 };
    expect(
      (await executors([...two, excluded])).map(({ isExcluded, isBlacklisted }) => [isExcluded, isBlacklisted]),
    ).toEqual([
      [true, true],
      [false, false],
    ]);
    const back = { Event: `${SCHEDULER}NodeUnexcluded`, time: 3_100, hostId: 'host-1' };
    expect((await executors([...two, excluded, back])).map(({ isExcluded }) => isExcluded)).toEqual([false, false]);
    const forStage = {
      Event: `${SCHEDULER}NodeExcludedForStage`,
      time: 3_000,
      hostId: 'host-2',
      stageId: 7,
      stageAttemptId: 0,
    };
    const listed = await executors([...two, forStage]);
    expect(listed.map(({ excludedInStages, blacklistedInStages }) => [excludedInStages, blacklistedInStages])).toEqual([
      [[], []],
      [[7], [7]],
    ]);
    const ended = await read([...two, forStage, stageEvent('Completed')]);
    expect(ended.executors.map(({ excludedInStages }) => excludedInStages)).toEqual([[], []]);
    expect(ended.stages[0]?.excludedExecutorIds).toEqual(['2']);
    expect(ended.log.unknownEvents.size).toBe(0);
  });

  it('have logs, resources and storage memory [history-rest-model.executors]', async () => {
    const [executor] = await executors([addedExecutor('1'), addedBlocks('1')]);
    expect(executor).toMatchObject({
      hostPort: 'host-1:7337',
      executorLogs: { stdout: 'http://logs/out', stderr: 'http://logs/err' },
      resources: { gpu: { name: 'gpu', addresses: ['0', '1'] } },
      maxMemory: 1_000,
      memoryMetrics: { totalOnHeapStorageMemory: 900, totalOffHeapStorageMemory: 100, usedOnHeapStorageMemory: 0 },
      addTime: '1970-01-01T00:00:02.000GMT',
    });
    expect(executor).not.toHaveProperty('peakMemoryMetrics');
    expect(executor).not.toHaveProperty('removeTime');
  });

  it('are forgotten when one of the same id starts again, and not listed when only tasks name them [history-rest-model.executors]', async () => {
    const again = [addedExecutor('1'), removedExecutor('1'), addedExecutor('1', 4_500)];
    expect(await executors(again)).toMatchObject([{ id: '1', isActive: true, addTime: '1970-01-01T00:00:04.500GMT' }]);
    const task = {
      Event: 'SparkListenerTaskEnd',
      'Stage ID': 7,
      'Stage Attempt ID': 0,
      'Task End Reason': { Reason: 'Success' },
      'Task Info': { 'Task ID': 1, Index: 0, 'Executor ID': '9', Host: 'h', 'Launch Time': 1, 'Finish Time': 2 },
    };
    expect(await executors([...again, task])).toHaveLength(1);
  });

  it('have peaks once one was logged, even when all are 0 [history-rest-model.executors]', async () => {
    const peaks = {
      Event: 'SparkListenerStageExecutorMetrics',
      'Executor ID': '1',
      'Stage ID': 7,
      'Stage Attempt ID': 0,
      'Executor Metrics': { JVMHeapMemory: 0, DirectPoolMemory: 77 },
    };
    const events = [addedExecutor('1'), stageEvent('Submitted'), peaks];
    const [executor] = await executors(events);
    expect(Object.keys(executor?.peakMemoryMetrics as object)).toEqual([...PEAK_METRICS]);
    expect(executor).toMatchObject({ peakMemoryMetrics: { JVMHeapMemory: 0, DirectPoolMemory: 77 } });
    const [stage] = (await read(events)).stages;
    const expected = PEAK_METRICS.map((name) => (name === 'DirectPoolMemory' ? 77 : 0));
    expect(stage?.peakMetrics).toEqual(expected);
    expect(stage?.executorPeaks.get('1')).toEqual(expected);
    expect(stage).toMatchObject({ shufflePushEnabled: true, shuffleMergerCount: 3 });
  });

  it('show the time of the application for the driver [history-rest-model.executors]', async () => {
    const driver = [addedExecutor('driver')];
    expect(await executors(driver)).toMatchObject([{ totalDuration: 4_000 }]);
    const ended = { Event: 'SparkListenerApplicationEnd', Timestamp: 3_000 };
    expect(await executors([...driver, ended])).toMatchObject([{ totalDuration: 2_000 }]);
  });
});

describe('stored RDDs of a log', () => {
  const cached = [
    addedExecutor('1'),
    addedBlocks('1'),
    addedExecutor('2'),
    addedBlocks('2'),
    stageEvent('Submitted', [RDD]),
  ];
  const stored = [
    block('1', 'rdd_5_0', 100),
    block('2', 'rdd_5_0', 100),
    block('1', 'rdd_5_1', 0, { ...IN_MEMORY, 'Use Memory': false }, 30),
  ];
  const rdds = async (events: ReadonlyArray<Record<string, unknown>>) => parsed(renderRdds(await read(events)));

  it('have their blocks, and what each executor holds and has left [history-rest-model.storage]', async () => {
    const [rdd] = await rdds([...cached, ...stored]);
    expect(rdd).toMatchObject({
      numCachedPartitions: 2,
      memoryUsed: 200,
      diskUsed: 30,
      storageLevel: 'Disk Memory Deserialized 2x Replicated',
    });
    expect(rdd.partitions).toEqual([
      {
        blockName: 'rdd_5_0',
        storageLevel: 'Memory Deserialized 2x Replicated',
        memoryUsed: 200,
        diskUsed: 0,
        executors: ['1', '2'],
      },
      {
        blockName: 'rdd_5_1',
        storageLevel: 'Disk Serialized 1x Replicated',
        memoryUsed: 0,
        diskUsed: 30,
        executors: ['1'],
      },
    ]);
    expect(rdd.dataDistribution[0]).toEqual({
      address: 'host-1:7337',
      memoryUsed: 100,
      memoryRemaining: 900,
      diskUsed: 30,
      onHeapMemoryUsed: 100,
      offHeapMemoryUsed: 0,
      onHeapMemoryRemaining: 800,
      offHeapMemoryRemaining: 100,
    });
  });

  it('lose blocks with their executor, and all of them when let go [history-rest-model.storage]', async () => {
    const [rdd] = await rdds([...cached, ...stored, removedExecutor('1')]);
    expect(rdd).toMatchObject({ numCachedPartitions: 1, memoryUsed: 100, diskUsed: 0 });
    expect(rdd.partitions).toMatchObject([{ memoryUsed: 100, executors: ['2'] }]);
    const dropped = await rdds([...cached, ...stored, block('1', 'rdd_5_1', 0, NOWHERE, 30)]);
    expect(dropped[0]).toMatchObject({ numCachedPartitions: 1, diskUsed: 0 });
    const application = await read([...cached, ...stored, { Event: 'SparkListenerUnpersistRDD', 'RDD ID': 5 }]);
    expect(parsed(renderRdds(application))).toEqual([]);
    expect(await rdds(cached)).toEqual([]);
    expect(application.executors).toMatchObject([
      { memoryUsedBytes: 0, diskUsedBytes: 0, rddBlockCount: 0 },
      { memoryUsedBytes: 0, rddBlockCount: 0 },
    ]);
  });
});

describe('the rest of a log', () => {
  it('names miscellaneous processes [history-rest-model.processes]', async () => {
    const application = await read([
      {
        Event: `${SCHEDULER}MiscellaneousProcessAdded`,
        time: 2_500,
        processId: 'yarn-am',
        info: { hostPort: 'node-7:8042', cores: 1, logUrlInfo: { stdout: 'http://logs/am' } },
      },
    ]);
    expect(parsed(renderMiscellaneousProcesses(application))).toEqual([
      {
        id: 'yarn-am',
        hostPort: 'node-7:8042',
        isActive: true,
        totalCores: 1,
        addTime: '1970-01-01T00:00:02.500GMT',
        processLogs: { stdout: 'http://logs/am' },
      },
    ]);
    expect(application.log.unknownEvents.size).toBe(0);
  });

  it('has an environment without secrets, sorted by name [history-rest-model.environment]', async () => {
    const application = await read([
      {
        Event: 'SparkListenerEnvironmentUpdate',
        'JVM Information': { 'Java Version': '17' },
        'Spark Properties': { 'spark.b': 'x', 'spark.a': '2', 'my.password': 'x', 'spark.c': '--token=1', 10: 'n' },
        'System Properties': {},
      },
      {
        Event: 'SparkListenerResourceProfileAdded',
        'Resource Profile Id': 1,
        'Executor Resource Requests': {
          cores: { 'Resource Name': 'cores', Amount: 2, 'Discovery Script': '', Vendor: '' },
        },
        'Task Resource Requests': { gpu: { 'Resource Name': 'gpu', Amount: 0.25 } },
      },
    ]);
    expect(parsed(renderEnvironment(application))).toMatchObject({
      sparkProperties: [
        ['10', 'n'],
        ['my.password', '*********(redacted)'],
        ['spark.a', '2'],
        ['spark.b', 'x'],
        ['spark.c', '*********(redacted)'],
      ],
      resourceProfiles: [
        {
          id: 1,
          executorResources: { cores: { resourceName: 'cores', amount: 2 } },
          taskResources: { gpu: { resourceName: 'gpu', amount: 0.25 } },
        },
      ],
    });
  });

  it('has no listener of DStreams [history-rest-model.streaming]', async () => {
    expect(noStreamingListener(await read([]))).toBe('no streaming listener attached to shop');
  });
});
