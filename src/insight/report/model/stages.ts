import type { Run } from '../../facts/run.ts';
import type { StageFacts } from '../../facts/stage-facts.ts';
import type { Listed, StageBar } from './report-model.ts';
import { spanAfter } from './timeline.ts';

/** The stage attempts that took longest, longest first. Those without a known time follow with an empty span. */
export function buildStages(run: Run, count: number): Listed<StageBar> {
  const ranked = [...run.stages].sort((a, b) => b.wallMs - a.wallMs || a.stage.row - b.stage.row);
  return { items: ranked.slice(0, count).map((facts) => toBar(run, facts)), total: ranked.length };
}

function toBar(run: Run, facts: StageFacts): StageBar {
  const { stage, span } = facts;
  const { tasks } = run.application;
  const sum = { input: 0, output: 0, read: 0, written: 0, spilled: 0 };
  for (const row of facts.rows) {
    sum.input += tasks.columns.inputBytes.at(row);
    sum.output += tasks.columns.outputBytes.at(row);
    sum.read += tasks.shuffleReadBytes(row);
    sum.written += tasks.columns.shuffleWriteBytes.at(row);
    sum.spilled += tasks.columns.diskSpilledBytes.at(row);
  }
  return {
    stageId: stage.stageId,
    attemptId: stage.attemptId,
    address: facts.address,
    name: facts.callSite,
    status: stage.status,
    ...(run.window === null || span === null ? { from: 0, to: 0 } : spanAfter(run.window, span.start, span.end)),
    wallMs: Math.round(facts.wallMs),
    taskMs: Math.round(facts.taskMs),
    taskCount: stage.taskCount,
    failedTaskCount: stage.failedTaskCount,
    inputBytes: sum.input,
    outputBytes: sum.output,
    shuffleReadBytes: sum.read,
    shuffleWriteBytes: sum.written,
    diskSpilledBytes: sum.spilled,
    sqlExecutionId: stage.sqlExecutionId,
  };
}
