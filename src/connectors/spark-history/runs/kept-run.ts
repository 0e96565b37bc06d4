import { z } from 'zod';
import type { RunRecord } from '../../../insight/index.ts';
import { Severity } from '../../../kernel/finding.ts';
import type { KeptRun } from '../../../kernel/run-history.ts';

const amount = z.number().nonnegative();
const time = z.number().nullable();

/** The form of a record as it is kept. A number that is not of the log yet counts as none. */
const Record: z.ZodType<RunRecord> = z.object({
  appId: z.string(),
  attemptId: z.string().nullable(),
  name: z.string(),
  logicalName: z.string(),
  logicalKey: z.string(),
  startMs: time,
  endMs: time,
  durationMs: amount.nullable(),
  status: z.enum(['SUCCEEDED', 'FAILED', 'RUNNING', 'INCOMPLETE']),
  sparkVersion: z.string().nullable(),
  javaVersion: z.string().nullable(),
  gaps: z.array(z.string()),
  measures: z.object({
    coreMs: amount,
    wastedCoreMs: amount,
    peakCores: amount,
    executorCount: amount,
    peakHeapBytes: amount,
    taskMs: amount,
    failedTaskMs: amount,
    cpuMs: amount,
    gcMs: amount,
    fetchWaitMs: amount,
    startupMs: amount,
    driverMs: amount,
    inputBytes: amount,
    outputBytes: amount,
    shuffleReadBytes: amount,
    shuffleWriteBytes: amount,
    memorySpilledBytes: amount,
    diskSpilledBytes: amount,
    jobCount: amount,
    failedJobCount: amount,
    stageCount: amount,
    taskCount: amount,
    failedTaskCount: amount,
    sqlCount: amount,
  }),
  machines: z.array(
    z.object({ id: z.enum(['driver', 'executors']), count: amount, cores: amount, memoryGib: amount, hours: amount }),
  ),
  findings: z.array(
    z.object({
      rule: z.string(),
      severity: Severity,
      title: z.string(),
      seconds: amount,
      coreHours: amount.nullable(),
      share: amount,
    }),
  ),
  stages: z.array(z.object({ callSite: z.string(), wallMs: amount, taskMs: amount, stageCount: amount })),
  config: z.object({ hash: z.string(), properties: z.record(z.string(), z.string()) }),
  plans: z.array(
    z.object({ label: z.string(), hash: z.string(), operators: z.record(z.string(), amount), wallMs: amount }),
  ),
});

/** The record of a kept run; null for what another Headgate, or somebody else, wrote otherwise. */
export function recordOf({ record }: Pick<KeptRun, 'record'>): RunRecord | null {
  try {
    return Record.safeParse(JSON.parse(record)).data ?? null;
  } catch {
    return null;
  }
}

/** A record as it is kept. */
export function keptRun(record: RunRecord, log: Pick<KeptRun, 'path' | 'state' | 'engine' | 'redaction'>): KeptRun {
  const { appId, attemptId, logicalName, logicalKey, startMs } = record;
  return { appId, attemptId, logicalName, logicalKey, startMs, ...log, record: JSON.stringify(record) };
}
