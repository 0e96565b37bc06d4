import { type ErrorBody, HeadgateError } from '../../../kernel/errors.ts';
import { quoteLog } from '../../../kernel/log-text.ts';

/** How an error begins that Python raised: `package.Name: message`. */
const RAISED = /^(?:[\w.]+\.)?[A-Z]\w*(?:Error|Exception|Exit|Interrupt)\b/;
/** What spark-submit and the JVM print when a program cannot go on. */
const UNCAUGHT = /^(?:Exception in thread "[^"]*" |Error: )/;
/** What log4j has at ERROR; the driver's own page tells of clients that went away, which end nothing. */
const LOGGED = /^[\d/: -]+\bERROR (?!ServerRuntime|.*jetty)/;
/** Spark's error classes: `[TABLE_OR_VIEW_NOT_FOUND] …`, `[UNRESOLVED_COLUMN.WITH_SUGGESTION] …`. */
const ERROR_CLASS = /\[([A-Z][A-Z0-9_]+(?:\.[A-Z][A-Z0-9_]+)*)\]/;
const SQL_STATE = /SQLSTATE: ([0-9A-Z]{5})\b/;

/** What made a job fail, from the ends of its logs. spark-submit prints what Python raised to stdout. */
export function findFailure(lines: readonly string[], exitCode: number | null): ErrorBody {
  const line = lineOfError(lines);
  const ended = exitCode === null ? 'ended without an exit code' : `ended with exit code ${exitCode}`;
  const around = line === null ? '' : lines.slice(lines.lastIndexOf(line), lines.lastIndexOf(line) + 5).join('\n');
  const details = {
    ...(exitCode === null ? {} : { exit_code: exitCode }),
    ...named('error_class', ERROR_CLASS.exec(line ?? '')?.[1]),
    ...named('sql_state', SQL_STATE.exec(around)?.[1]),
  };
  const said = line === null ? '.' : `: ${quoteLog(line, 600)}`;
  return new HeadgateError('failed_precondition', `The job ${ended}${said}`, {
    hint: signalHint(exitCode) ?? 'get_job_logs with level ERROR shows more.',
    details,
  }).toBody();
}

/** The last error that Python raised; without one, what ended the program; without that, the last that was logged. */
function lineOfError(lines: readonly string[]): string | null {
  const traced = lines.lastIndexOf('Traceback (most recent call last):');
  const raised = traced === -1 ? undefined : lines.slice(traced + 1).find((line) => RAISED.test(line));
  const uncaught = raised ?? lines.findLast((line) => UNCAUGHT.test(line));
  return uncaught ?? lines.findLast((line) => LOGGED.test(line)) ?? null;
}

function signalHint(exitCode: number | null): string | null {
  if (exitCode === 137) return 'It was killed (SIGKILL): the machine may have run out of memory.';
  if (exitCode === 143) return 'It was asked to end (SIGTERM) by somebody else than Headgate.';
  return null;
}

const named = (name: string, value: string | undefined) => (value === undefined ? {} : { [name]: value });
