import { HeadgateError, throwIfCancelled } from '../kernel/errors.ts';
import { label } from '../kernel/quoted.ts';
import { type Invocation, print } from './invocation.ts';

/** Width of the comparison where the output is no terminal, or one that does not know its size, in characters. */
const DEFAULT_WIDTH = 100;

/**
 * `headgate analyze PATH --baseline PATH2`: whether the runs under PATH are faster than those under PATH2, by how much, where
 * the difference lies and what explains it. A log that cannot be read is named on stderr and is a gap of the answer.
 * Errors: `not_found` when a side has no readable log.
 */
export async function analyzeAgainstBaseline(
  path: string,
  baselinePath: string,
  invocation: Invocation,
): Promise<void> {
  const { evaluateOptimization, evaluationToJson, renderEvaluation } = await import('../insight/index.ts');
  const baseline = await readRuns(baselinePath, invocation);
  const candidate = await readRuns(path, invocation);
  const evaluation = evaluateOptimization(baseline, candidate);
  const { stdout } = process;
  const options = { color: stdout.isTTY && stdout.hasColors(), width: stdout.columns || DEFAULT_WIDTH };
  print(invocation, evaluationToJson(evaluation), invocation.json ? '' : renderEvaluation(evaluation, options));
}

async function readRuns(path: string, { signal }: Invocation) {
  const { redactOf } = await import('../configuration/variables.ts');
  const { createRedactors, findLogs, readApplication, redactApplication } = await import('../eventlog/index.ts');
  const redactorOf = await createRedactors(redactOf(process.env) ?? 'secrets');
  const { logs, ignored } = await findLogs(path, { signal });
  for (const file of ignored) tellSkipped(file.path, file.reason);
  const applications = [];
  for (const log of logs) {
    try {
      const application = await readApplication(log, { signal, callingThread: true });
      applications.push(redactApplication(application, redactorOf(application)));
    } catch (error) {
      throwIfCancelled(signal);
      tellSkipped(log.path, error instanceof Error ? error.message : String(error));
    }
  }
  if (applications.length > 0) return applications;
  throw new HeadgateError('not_found', `There is no readable Spark event log in ${path}.`, {
    hint: 'Name a log file, a rolling log folder (eventlog_v2_…), or a folder of them: what spark.eventLog.dir says.',
  });
}

function tellSkipped(path: string, reason: string): void {
  process.stderr.write(`skipped ${label(path)}: ${reason}\n`);
}
