import { formatBytes, formatCount } from '../../kernel/units.ts';
import { fragmentOf } from '../facts/plan-fragments.ts';
import { siteAddress } from '../facts/plan-nodes.ts';
import type { Run } from '../facts/run.ts';
import { type FileScan, fileScansOf, tableOf } from '../facts/scans.ts';
import { bySubject, type PlanObservation, savePart, taskTimeOf } from './by-subject.ts';
import { filesWanted, overheadShare } from './file-overhead.ts';
import { metric } from './metric.ts';
import { defineRule, type ThresholdValues } from './rule.ts';

const THRESHOLDS = {
  min_files: {
    value: 50,
    min: 2,
    max: 1e9,
    unit: 'files',
    meaning: 'files that one scan read',
    source: 'at 10 ms a file (Spark 4.3, Parquet, local disk) 50 files are half a second; DataFlint asks for 100',
  },
  max_average_bytes: {
    value: 4 * 1024 ** 2,
    min: 1,
    max: 1e12,
    unit: 'bytes',
    meaning: 'average size of those files',
    source: 'spark.sql.files.openCostInBytes, 4 MB: below it Spark itself counts opening as dearer; DataFlint: 3 MB',
  },
  max_ms_per_file: {
    value: 20,
    min: 0.1,
    max: 10_000,
    unit: 'ms',
    meaning: 'longest time that opening one file is taken to cost where the scan has no time of its own (CSV, JSON)',
    source: 'measured with Spark 4.3 on a local disk: 10 to 20 ms; object stores take longer',
  },
} as const;

/**
 * Small files read: a scan opened many files that hold little.
 *
 * Input: files and bytes of a scan, its scan time. Change: the stage without the time of opening what a layout of 128 MB
 * files would not have (`overheadShare`).
 */
export const smallFilesRead = defineRule({
  id: 'spark/small-files-read',
  thresholds: THRESHOLDS,
  evaluate: (run, limits) =>
    bySubject(
      run,
      fileScansOf(run).flatMap((scan) => observe(run, scan, limits) ?? []),
    ),
});

function observe(run: Run, scan: FileScan, limits: ThresholdValues<typeof THRESHOLDS>): PlanObservation | null {
  const { fileCount, bytes, site } = scan;
  if (fileCount === null || bytes === null || fileCount < limits.min_files) return null;
  if (bytes / fileCount >= limits.max_average_bytes) return null;
  const stages = fragmentOf(run, site)?.stages ?? [];
  const taskMs = taskTimeOf(stages);
  const openMs = Math.min(scan.scanMs ?? fileCount * limits.max_ms_per_file, taskMs);
  const savedMs = openMs * overheadShare(fileCount, bytes);
  const wanted = filesWanted(bytes);
  const table = tableOf(scan);
  return {
    subject: scan.location,
    coveredMs: savedMs,
    title: `${formatCount(fileCount)} small files read from ${table}, ${formatBytes(bytes / fileCount)} each`,
    confidence: scan.scanMs === null ? 0.6 : 0.8,
    evidence: [
      metric(
        siteAddress(site),
        `The scan read ${formatCount(fileCount)} files with ${formatBytes(bytes)} in all; ${formatCount(wanted)} of 128 MB would hold them.`,
        'files_read',
        fileCount,
        'files',
      ),
      ...(scan.scanMs === null
        ? []
        : [metric(siteAddress(site), 'Time in the scan, summed over tasks.', 'scan_time_ms', scan.scanMs, 'ms')]),
    ],
    advice: [
      `Compact ${table} into files of 128 MB or more: df.repartition(${wanted}).write once; OPTIMIZE on Delta, CALL system.rewrite_data_files on Iceberg.`,
      'Change what writes them: repartition by the partition column before the write, and write less often.',
    ],
    ...(taskMs > 0 ? { changes: savePart(run, stages, savedMs / taskMs) } : {}),
    stages,
  };
}
