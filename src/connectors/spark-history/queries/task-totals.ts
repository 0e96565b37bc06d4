import { z } from 'zod';
import type { TaskTotals } from '../../../eventlog/index.ts';

/** Named measures of one thing; units are in the names. Unknown is null. */
export const measuresOutput = z.record(z.string(), z.number().nullable());

/** Named measures as a handler fills them. */
export type Measures = Record<string, number | null>;

/** Every task total on the wire. CPU and shuffle-write times are ns in Spark and ms here. */
export function totalsOnWire(totals: Readonly<TaskTotals>): Measures {
  return {
    executor_run_time_ms: totals.executorRunTimeMs,
    executor_cpu_time_ms: Math.round(totals.executorCpuTimeNs / 1e6),
    executor_deserialize_time_ms: totals.executorDeserializeTimeMs,
    jvm_gc_time_ms: totals.jvmGcTimeMs,
    result_serialization_time_ms: totals.resultSerializationTimeMs,
    result_size_bytes: totals.resultSizeBytes,
    input_bytes: totals.inputBytes,
    input_records: totals.inputRecords,
    output_bytes: totals.outputBytes,
    output_records: totals.outputRecords,
    shuffle_read_bytes: shuffleReadBytes(totals),
    shuffle_read_records: totals.shuffleRecordsRead,
    shuffle_remote_read_bytes: totals.shuffleRemoteBytesRead,
    shuffle_fetch_wait_time_ms: totals.shuffleFetchWaitTimeMs,
    shuffle_write_bytes: totals.shuffleWriteBytes,
    shuffle_write_records: totals.shuffleWriteRecords,
    shuffle_write_time_ms: Math.round(totals.shuffleWriteTimeNs / 1e6),
    memory_spilled_bytes: totals.memorySpilledBytes,
    disk_spilled_bytes: totals.diskSpilledBytes,
    peak_execution_memory_bytes: totals.peakExecutionMemoryBytes,
  };
}

/** Local and remote shuffle bytes read. */
export function shuffleReadBytes(totals: Readonly<TaskTotals>): number {
  return totals.shuffleRemoteBytesRead + totals.shuffleLocalBytesRead;
}

/** Sums measures name by name. */
export function sumMeasures(parts: readonly Measures[]): Measures {
  const sums: Measures = {};
  for (const part of parts) {
    for (const [name, value] of Object.entries(part)) sums[name] = (sums[name] ?? 0) + (value ?? 0);
  }
  return sums;
}

/** Leaves out measures that are 0, to keep results short; a measure that is absent is 0. */
export function withoutZeros(measures: Measures): Measures {
  return Object.fromEntries(Object.entries(measures).filter(([, value]) => value !== 0));
}
