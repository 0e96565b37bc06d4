import { coreTimeWithin } from './capacity.ts';
import type { Run } from './run.ts';
import type { StageFacts } from './stage-facts.ts';

/** Tasks that the executors could run at once during a stage, on average; null when the log does not tell their cores or the stage's time. */
export function slotsDuring(run: Run, facts: StageFacts): number | null {
  if (facts.span === null || facts.wallMs <= 0) return null;
  const slots = coreTimeWithin(run.workers, facts.span) / facts.wallMs / run.coresPerTask;
  return slots > 0 ? slots : null;
}

/** The same as a whole number of tasks, at least 1; what the stage was seen to run at once where the log does not tell the cores. */
export function wholeSlots(run: Run, facts: StageFacts): number {
  const seen = facts.tasksSpanMs > 0 ? facts.taskMs / facts.tasksSpanMs : 1;
  return Math.max(1, Math.round(slotsDuring(run, facts) ?? seen));
}
