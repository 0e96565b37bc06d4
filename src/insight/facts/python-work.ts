import type { Run } from './run.ts';
import { executionOf, planHas } from './settings.ts';
import type { StageFacts } from './stage-facts.ts';

/** Plan nodes whose rows go through a Python process. */
const PYTHON_NODE = /Python|Pandas|InArrow/;

/** Stack frames of an RDD whose records are made in a Python process. */
const PYTHON_RDD = /org\.apache\.spark\.api\.python\./;

/**
 * True where tasks of a stage may wait for a Python process, whose CPU time Spark does not count and whose records it only
 * sees as bytes. Of a SQL execution with any Python node every stage counts.
 */
export function mayRunPython(run: Run, { stage }: StageFacts): boolean {
  return PYTHON_RDD.test(stage.details) || planHas(executionOf(run, stage.sqlExecutionId), PYTHON_NODE);
}
