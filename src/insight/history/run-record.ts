import type { Application, ApplicationStatus } from '../../eventlog/index.ts';
import type { Severity } from '../../kernel/finding.ts';
import { redactText } from '../../kernel/redaction.ts';
import { analyze } from '../analyze.ts';
import { describeRun, type Run } from '../facts/run.ts';
import { logicalKey, logicalName } from './logical-name.ts';
import { type PlanShape, planShapes } from './plan-shape.ts';
import { type RunConfig, runConfig, type SessionSettings } from './run-config.ts';
import { type MachineGroup, machineGroups, type RunMeasures, runMeasures } from './run-measures.ts';
import type { Observation } from './series.ts';

/** Findings and lines of code that are kept, the gravest and the longest. */
const KEPT_FINDINGS = 10;
const KEPT_STAGES = 8;
const KEPT_GAPS = 3;
/** Longest name, title or call site, characters. */
const NAME_CHARS = 200;

/** What a finding comes to. */
export interface FindingLine {
  readonly rule: string;
  readonly severity: Severity;
  /** As findings have it: text of a log stands quoted in it. */
  readonly title: string;
  readonly seconds: number;
  /** Null where cores are unknown. */
  readonly coreHours: number | null;
  readonly share: number;
}

/** All stage attempts of one line of code. Times ms; stages that overlap count each. */
export interface CodeLine {
  /** Text of a log. */
  readonly callSite: string;
  readonly wallMs: number;
  readonly taskMs: number;
  readonly stageCount: number;
}

/**
 * One attempt of an application, as long as it is remembered: small, and complete enough to say later what changed, what it
 * cost and what was wrong. Names and values are text of a log with secrets masked.
 */
export interface RunRecord {
  readonly appId: string;
  readonly attemptId: string | null;
  readonly name: string;
  readonly logicalName: string;
  readonly logicalKey: string;
  /** Epoch ms; null where the log does not tell. The end is that of the last event where there is no other. */
  readonly startMs: number | null;
  readonly endMs: number | null;
  readonly durationMs: number | null;
  readonly status: ApplicationStatus;
  readonly sparkVersion: string | null;
  readonly javaVersion: string | null;
  /** Sentences on what is missing from the log; empty when it is whole. */
  readonly gaps: readonly string[];
  readonly measures: RunMeasures;
  readonly machines: readonly MachineGroup[];
  readonly findings: readonly FindingLine[];
  readonly stages: readonly CodeLine[];
  readonly config: RunConfig;
  readonly plans: readonly PlanShape[];
}

/** Stands among the gaps of a record that Spark has made. */
export const SUMMARISED_ON_SPARK = 'Summarised on Spark: findings, lines of code and plans were not computed.';

/** True for a run of which nobody has looked for problems. */
export function wasSummarisedOnSpark({ gaps }: Pick<RunRecord, 'gaps'>): boolean {
  return gaps.includes(SUMMARISED_ON_SPARK);
}

/** What is remembered of an application. `keys` are the properties that tell runs of one name apart. Cost: that of `analyze`, which is shared with it. */
export function toRunRecord(application: Application, keys: readonly string[] = []): RunRecord {
  const run = describeRun(application);
  return {
    ...recordOfRun(run, { keys, sessions: application.sqlExecutions, counts: {} }),
    findings: findingLines(application),
    stages: codeLines(run),
    plans: planShapes(application),
  };
}

/** What a run is remembered by besides its application. */
interface RunParts {
  readonly keys: readonly string[];
  readonly sessions: readonly SessionSettings[];
  /** Numbers that somebody else has counted. */
  readonly counts: Partial<RunMeasures>;
}

/** The part of a record that needs no single task. */
export function recordOfRun(
  run: Run,
  { keys, sessions, counts }: RunParts,
): Omit<RunRecord, 'findings' | 'stages' | 'plans'> {
  const { application } = run;
  const config = runConfig({ environment: application.environment, sqlExecutions: sessions });
  const named = redactText(application.name.slice(0, NAME_CHARS));
  return {
    appId: application.appId,
    attemptId: application.attemptId,
    name: named,
    logicalName: logicalName(application.name),
    logicalKey: logicalKey(application.name, { ...application.environment.spark, ...config.properties }, keys),
    startMs: run.window?.start ?? null,
    endMs: run.window?.end ?? null,
    durationMs: run.window === null ? null : run.wallMs,
    status: application.status,
    sparkVersion: application.sparkVersion,
    javaVersion: application.environment.jvm['Java Version']?.slice(0, NAME_CHARS) ?? null,
    gaps: application.log.incomplete
      ? application.log.gaps.slice(0, KEPT_GAPS).map(({ message }) => message.slice(0, NAME_CHARS))
      : [],
    measures: { ...runMeasures(run), ...counts },
    machines: machineGroups(run),
    config,
  };
}

/**
 * A run as the mathematics takes it; null for a run that did not succeed or whose times are unknown: how long it took says
 * nothing about the next.
 */
export function observationOf(record: RunRecord): (Observation & { readonly record: RunRecord }) | null {
  const { startMs, durationMs, status, measures } = record;
  if (status !== 'SUCCEEDED' || startMs === null || durationMs === null || !(durationMs > 0)) return null;
  const volumeBytes = measures.inputBytes > 0 ? measures.inputBytes : null;
  return { id: `${record.appId} ${record.attemptId ?? ''}`, at: startMs, durationMs, volumeBytes, record };
}

function findingLines(application: Application): FindingLine[] {
  return analyze(application)
    .findings.slice(0, KEPT_FINDINGS)
    .map(({ rule, severity, title, impact }) => ({
      rule,
      severity,
      title: title.slice(0, NAME_CHARS),
      seconds: impact.seconds,
      coreHours: impact.core_hours ?? null,
      share: impact.share,
    }));
}

function codeLines(run: Run): CodeLine[] {
  const lines = new Map<string, { wallMs: number; taskMs: number; stageCount: number }>();
  for (const { stage, wallMs, taskMs } of run.stages) {
    const callSite = redactText(stage.name.slice(0, NAME_CHARS));
    const line = lines.get(callSite) ?? { wallMs: 0, taskMs: 0, stageCount: 0 };
    lines.set(callSite, {
      wallMs: line.wallMs + wallMs,
      taskMs: line.taskMs + taskMs,
      stageCount: line.stageCount + 1,
    });
  }
  return [...lines]
    .map(([callSite, line]) => ({ callSite, ...line }))
    .sort((a, b) => b.wallMs - a.wallMs || (a.callSite < b.callSite ? -1 : 1))
    .slice(0, KEPT_STAGES);
}
