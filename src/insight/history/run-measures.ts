import type { Application } from '../../eventlog/index.ts';
import { resourceUseOf } from '../cost/resource-use.ts';
import { executorsOf, isDriver, isLocalMode } from '../facts/capacity.ts';
import type { Run } from '../facts/run.ts';

/** Numbers of a run. 0 stands for none, and for what the log does not tell. Core time is time × cores. */
export interface RunMeasures {
  /** Core time that executors offered. */
  readonly coreMs: number;
  /** Of it, what ran no task that was of use: an upper bound of what could be saved, not a saving. */
  readonly wastedCoreMs: number;
  readonly peakCores: number;
  readonly executorCount: number;
  readonly peakHeapBytes: number;
  readonly taskMs: number;
  readonly failedTaskMs: number;
  readonly cpuMs: number;
  readonly gcMs: number;
  readonly fetchWaitMs: number;
  /** Wall time before the first job, and between and after jobs. */
  readonly startupMs: number;
  readonly driverMs: number;
  readonly inputBytes: number;
  readonly outputBytes: number;
  readonly shuffleReadBytes: number;
  readonly shuffleWriteBytes: number;
  readonly memorySpilledBytes: number;
  readonly diskSpilledBytes: number;
  readonly jobCount: number;
  readonly failedJobCount: number;
  readonly stageCount: number;
  readonly taskCount: number;
  readonly failedTaskCount: number;
  readonly sqlCount: number;
}

/** Measures of a run. Pure; costs a pass over its executors. */
export function runMeasures(run: Run): RunMeasures {
  const { application, totals, split, wall } = run;
  return {
    coreMs: rounded(run.coreMs),
    wastedCoreMs: rounded(Math.min(run.coreMs, split.idle + split.noJob + split.failedAttempts)),
    peakCores: run.peakCores,
    executorCount: executorsOf(application).length,
    peakHeapBytes: rounded(peakHeap(application)),
    taskMs: rounded(totals.taskMs),
    failedTaskMs: rounded(totals.failedTaskMs),
    cpuMs: rounded(totals.executorCpuTimeMs),
    gcMs: rounded(totals.jvmGcTimeMs),
    fetchWaitMs: rounded(totals.shuffleFetchWaitTimeMs),
    startupMs: rounded(wall.startup),
    driverMs: rounded(wall.betweenJobs + wall.tail),
    inputBytes: rounded(totals.inputBytes),
    outputBytes: rounded(totals.outputBytes),
    shuffleReadBytes: rounded(totals.shuffleReadBytes),
    shuffleWriteBytes: rounded(totals.shuffleWriteBytes),
    memorySpilledBytes: rounded(totals.memorySpilledBytes),
    diskSpilledBytes: rounded(totals.diskSpilledBytes),
    jobCount: application.jobs.length,
    failedJobCount: application.jobs.filter(({ status }) => status === 'FAILED').length,
    stageCount: run.stages.length,
    taskCount: totals.taskCount,
    failedTaskCount: totals.failedTaskCount,
    sqlCount: application.sqlExecutions.length,
  };
}

/** A damaged log can hold any number: what is no time and no size counts as not told. */
const rounded = (value: number): number => (Number.isFinite(value) && value > 0 ? Math.round(value) : 0);

function peakHeap(application: Application): number {
  const local = isLocalMode(application);
  const peaks = application.executors
    .filter((one) => local || !isDriver(one))
    .map(({ peakMetrics }) => peakMetrics.JVMHeapMemory ?? 0);
  return peaks.reduce((most, peak) => Math.max(most, peak), 0);
}

/** Machines of one size, together: what a price table charges for. */
export interface MachineGroup {
  /** The driver has one of its own; in local mode it is the executor. */
  readonly id: 'driver' | 'executors';
  readonly count: number;
  readonly cores: number;
  readonly memoryGib: number;
  /** Sum over all of them. */
  readonly hours: number;
}

/** What a run took of its cluster, by size of machine: the cost basis, whatever the prices are. */
export function machineGroups(run: Run): MachineGroup[] {
  const groups = new Map<string, MachineGroup>();
  for (const { id, cores, memoryGib, hours } of resourceUseOf(run).machines) {
    const kind = id === 'driver' ? 'driver' : 'executors';
    const key = `${kind} ${cores} ${memoryGib}`;
    const known = groups.get(key) ?? { id: kind, count: 0, cores, memoryGib, hours: 0 };
    groups.set(key, { ...known, count: known.count + 1, hours: known.hours + hours });
  }
  return [...groups.values()];
}
