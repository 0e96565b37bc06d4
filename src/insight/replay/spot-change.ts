import type { Run } from '../facts/run.ts';
import type { StageFacts } from '../facts/stage-facts.ts';
import { type AskedChanges, NO_CHANGES } from './asked-changes.ts';
import type { Change } from './changes.ts';

const MS_PER_HOUR = 3_600_000;

/**
 * Executors that are taken away at a rate, each at random. A task of d ms is interrupted with probability rate × d, and has then
 * run for d ÷ 2 on average: rate × Σd² ÷ 2 of work is done again. Output of a shuffle that is lost before the stages that read
 * it have ended is computed again too: rate × (time from the end of the stage to the last of them) of its work.
 */
export function spotChanges(run: Run, interruptionsPerHour: number): AskedChanges {
  if (!(interruptionsPerHour > 0)) return NO_CHANGES;
  const perMs = interruptionsPerHour / MS_PER_HOUR;
  const held = timeHeld(run);
  const changes = run.stages.flatMap((facts): Change[] => {
    if (facts.taskMs <= 0) return [];
    const lost = perMs * (halfOfInterrupted(facts) + (held.get(facts.stage.stageId) ?? 0));
    return lost > 0 ? [{ kind: 'scale-tasks', stageRow: facts.stage.row, factor: 1 + lost }] : [];
  });
  return {
    changes,
    assumptions: [
      `Each executor is taken away ${interruptionsPerHour === 1 ? 'once' : `${Number(interruptionsPerHour.toFixed(3))} times`} an hour, at random and without notice; what it was running and the shuffle output on it are computed again.`,
      'An executor that is taken away is replaced at once: the wait for a new one is not counted.',
    ],
    gaps: [],
  };
}

/** Σd² ÷ 2 ÷ Σd: work lost by one interruption a ms, as a share of all. */
function halfOfInterrupted({ durations }: StageFacts): number {
  let sum = 0;
  let squares = 0;
  for (const duration of durations) {
    sum += duration;
    squares += duration * duration;
  }
  return sum > 0 ? squares / (2 * sum) : 0;
}

/** Time that the output of a stage is needed for after it has ended, ms, by stage id. */
function timeHeld(run: Run): Map<number, number> {
  const ends = new Map(run.stages.map(({ stage, span }) => [stage.stageId, span?.end ?? null]));
  const held = new Map<number, number>();
  for (const { stage, span } of run.stages) {
    if (span === null) continue;
    for (const parent of stage.parentIds) {
      const end = ends.get(parent) ?? null;
      if (end !== null) held.set(parent, Math.max(held.get(parent) ?? 0, span.end - end));
    }
  }
  return held;
}
