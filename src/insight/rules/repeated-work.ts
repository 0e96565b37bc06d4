import type { Run } from '../facts/run.ts';
import type { StageFacts } from '../facts/stage-facts.ts';
import type { Change } from '../replay/changes.ts';

/**
 * What ran only because shuffle data was lost: attempts of a stage that had already completed, and, where the attempt before
 * broke off, the tasks of it that failed. The rest of a later attempt is work that the broken one left.
 */
export function repeatedWork(run: Run): Change[] {
  const completed = new Set<number>();
  const retried = new Set(run.stages.flatMap(({ stage }) => (stage.attemptId > 0 ? [stage.stageId] : [])));
  const changes: Change[] = [];
  const attempts = [...run.stages].sort((a, b) => a.stage.attemptId - b.stage.attemptId || a.stage.row - b.stage.row);
  for (const facts of attempts) {
    const { stage } = facts;
    if (completed.has(stage.stageId)) changes.push({ kind: 'drop-stage', stageRow: stage.row });
    else if (retried.has(stage.stageId) && stage.status === 'FAILED') changes.push(...failuresOf(run, facts));
    if (stage.status === 'COMPLETE') completed.add(stage.stageId);
  }
  return changes;
}

function failuresOf(run: Run, facts: StageFacts): Change[] {
  const rows = facts.rows.filter((row) => run.application.tasks.status(row) === 'FAILED');
  return rows.length === 0 ? [] : [{ kind: 'drop-attempts', rows }];
}
