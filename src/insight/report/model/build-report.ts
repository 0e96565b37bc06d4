import type { Application } from '../../../eventlog/index.ts';
import { labelLog } from '../../../kernel/log-text.ts';
import { countNoun, formatShare } from '../../../kernel/units.ts';
import { type Analysis, analyze, failureOf } from '../../analyze.ts';
import { costBasis, runCost } from '../../cost/cost.ts';
import type { PriceTable } from '../../cost/prices.ts';
import { describeRun, type Run } from '../../facts/run.ts';
import type { RunFacts } from '../../facts/run-facts.ts';
import { coreShares, coresKnown, wallShares } from '../time-shares.ts';
import { citedBy, combinedConf, listFindings } from './findings.ts';
import { FILE_LIMITS, type ReportLimits } from './limits.ts';
import { buildOccupancy } from './occupancy.ts';
import { buildPlans } from './plan-graph.ts';
import type { NamedText, ReplayNote, ReportHeader, ReportModel } from './report-model.ts';
import { buildStages } from './stages.ts';
import { buildDistributions } from './task-distribution.ts';
import { buildTimeline } from './timeline.ts';
import { verdictOf } from './verdict.ts';

/** How a report is made. */
export interface ReportOptions {
  /** How much of each list it keeps; `FILE_LIMITS` when absent. */
  readonly limits?: ReportLimits;
  /** What the run is priced by; core-hours alone when absent or null. */
  readonly prices?: PriceTable | null;
  /** What else the reader must know of where the log came from, sentences. */
  readonly notes?: readonly string[];
}

/** Everything that a report shows of an application. Pure. Cost: the analysis, which is kept, and three passes over the tasks. */
export function buildReport(application: Application, options: ReportOptions = {}): ReportModel {
  const { limits = FILE_LIMITS, prices = null, notes = [] } = options;
  const analysis = analyze(application);
  const run = describeRun(application);
  const { facts, findings } = analysis;
  const cited = citedBy(findings);
  return {
    format: 1,
    header: headerOf(run, facts),
    verdict: verdictOf(analysis),
    failed: failureOf(analysis) !== null,
    findings: listFindings(findings, limits.findings, limits.evidence),
    minor: listFindings(analysis.minor, limits.findings, limits.evidence),
    conf: combinedConf(findings),
    shares: { wall: wallShares(facts), cores: coreShares(facts), coresKnown: coresKnown(facts) },
    timeline: buildTimeline(run, limits),
    stages: buildStages(run, limits.stages),
    distributions: buildDistributions(run, cited.stages, limits.distributions, limits.points),
    occupancy: buildOccupancy(run, limits),
    plans: buildPlans(run, cited.executions, limits),
    cost: costLines(run, prices),
    replay: replayNote(analysis),
    gaps: [...notes, ...gapsOf(facts)],
  };
}

function headerOf({ application, window }: Run, facts: RunFacts): ReportHeader {
  const { totals } = facts;
  return {
    appId: facts.appId,
    attemptId: facts.attemptId,
    name: facts.name,
    user: labelLog(application.user),
    sparkVersion: facts.sparkVersion,
    status: facts.status,
    exitCode: facts.exitCode,
    startTime: window?.start ?? application.startTime,
    durationMs: facts.durationMs,
    jobCount: facts.jobCount,
    failedJobCount: facts.failedJobCount,
    stageCount: facts.stageCount,
    failedStageCount: facts.failedStageCount,
    taskCount: totals.taskCount,
    failedTaskCount: totals.failedTaskCount,
    sqlCount: facts.sqlCount,
    executorCount: facts.executorCount,
    peakCores: facts.peakCores,
    inputBytes: totals.inputBytes,
    outputBytes: totals.outputBytes,
    shuffleReadBytes: totals.shuffleReadBytes,
    shuffleWriteBytes: totals.shuffleWriteBytes,
    diskSpilledBytes: totals.diskSpilledBytes,
  };
}

function replayNote({ replay, combined }: Analysis): ReplayNote | null {
  if (replay === null) return null;
  return {
    errorRatio: replay.errorRatio,
    savedMs: combined === null ? null : combined.seconds * 1000,
    savedIntervalMs:
      combined === null ? null : [combined.interval_seconds[0] * 1000, combined.interval_seconds[1] * 1000],
    assumptions: replay.assumptions,
  };
}

function costLines(run: Run, prices: PriceTable | null): NamedText[] {
  const { use, money, wasted } = runCost(costBasis(run), prices);
  if (!(use.coreHours > 0)) return [];
  const lines: NamedText[] = [
    ['Core-hours', hours(use.coreHours)],
    ['Memory, GiB-hours', hours(use.memoryGibHours)],
    [
      'Core-hours without a successful task, upper bound of the waste',
      `${hours(wasted.coreHours)} (${formatShare(wasted.share)})`,
    ],
  ];
  if (money === null) return lines;
  return [...lines, [`Money, by ${money.prices}`, `${hours(money.amount)} ${money.currency}`]];
}

const hours = (value: number): string => (value >= 10 ? value.toFixed(1) : value.toPrecision(2));

function gapsOf(facts: RunFacts): string[] {
  const unknown = Object.entries(facts.unknownEvents);
  const total = unknown.reduce((sum, [, count]) => sum + count, 0);
  const names = unknown.slice(0, 3).map(([name]) => name);
  return [
    ...facts.gaps.map(({ message }) => message),
    ...(total === 0
      ? []
      : [
          `${countNoun(total, 'event')} of kinds that this version does not know: ${names.join(', ')}${unknown.length > 3 ? ', …' : ''}.`,
        ]),
  ];
}
