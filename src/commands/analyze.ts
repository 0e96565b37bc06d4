import { basename } from 'node:path';
import { Command, Option } from 'commander';
import type { LogRef } from '../eventlog/index.ts';
import type { Analysis } from '../insight/index.ts';
import type { RedactLevel } from '../kernel/config-file.ts';
import { isDocumentName } from '../kernel/document-name.ts';
import { type ErrorBody, HeadgateError, throwIfCancelled } from '../kernel/errors.ts';
import { label } from '../kernel/quoted.ts';
import { addReportOptions, openReports, type ReportFlags, type Reports } from './analyze-report.ts';
import { bodyOf, type Invocation, print, UsageError } from './invocation.ts';
import { addJsonOption, parsePath } from './options.ts';

/** Width of the report where the output is no terminal, or one that does not know its size, in characters. */
const DEFAULT_WIDTH = 100;

/** Skipped files that a person is told of by name. */
const SKIPPED_SHOWN = 5;

/** A log that could not be read, and why. */
interface Skipped {
  readonly path: string;
  readonly error: ErrorBody;
}

interface Options extends ReportFlags {
  readonly baseline?: string;
  readonly all?: boolean;
}

/**
 * `headgate analyze PATH`: what ran, where the time went, what failed and why. Needs neither configuration nor store; HEADGATE_REDACT
 * holds here too.
 * Exit code 0 when at least one log was analysed, whatever its run's outcome; 1 when nothing was readable.
 */
export function analyzeCommand(invocation: Invocation): Command {
  const command = new Command('analyze')
    .description('analyse a Spark event log, a rolling log folder, or a folder of logs')
    .argument('<path>', 'log file or folder', parsePath)
    .addOption(new Option('--baseline <path>', 'compare with the runs of this log or folder').argParser(parsePath))
    .option('--all', 'show minor findings too');
  addReportOptions(command);
  return addJsonOption(command).action(async (path: string, options: Options) => {
    const { baseline, all = false, ...reports } = options;
    if (baseline === undefined) return analyzePath(path, all, reports, invocation);
    if (reports.html !== undefined || reports.markdown !== undefined)
      throw new UsageError('invalid_argument', '--html and --markdown report runs, not comparisons.', {
        hint: 'Leave out --baseline, or the report.',
      });
    const { analyzeAgainstBaseline } = await import('./analyze-baseline.ts');
    return analyzeAgainstBaseline(path, baseline, invocation);
  });
}

async function analyzePath(path: string, all: boolean, flags: ReportFlags, invocation: Invocation): Promise<void> {
  const { redactOf } = await import('../configuration/variables.ts');
  const redact = redactOf(process.env) ?? 'secrets';
  const { findLogs } = await import('../eventlog/index.ts');
  const { logs, ignored } = await findLogs(path, { signal: invocation.signal });
  const skipped: Skipped[] = ignored.map((file) => ({
    path: file.path,
    error: new HeadgateError(file.code ?? 'invalid_argument', file.reason).toBody(),
  }));
  const reports = await openReports(flags, logs.length === 1, invocation);
  const analyses: Analysis[] = [];
  const bar = await startBar(logs);
  try {
    for (const log of logs)
      await analyzeLog(log, { analyses, skipped, reports, invocation, redact, onProgress: bar.advance });
  } finally {
    bar.stop();
  }
  if (analyses.length === 0) {
    if (skipped.length > 1 && !invocation.json) tellSkipped(skipped);
    throw nothingReadable(path, skipped);
  }
  if (reports?.takesStdout !== true) await report(analyses, skipped, all, invocation);
  await reports?.write();
}

/** Reads one log into its analysis; the log's own model is let go, so memory does not grow with the number of logs. */
async function analyzeLog(
  log: LogRef,
  into: {
    analyses: Analysis[];
    skipped: Skipped[];
    reports: Reports | null;
    invocation: Invocation;
    redact: RedactLevel;
    onProgress: (log: LogRef, doneBytes: number) => void;
  },
): Promise<void> {
  const { signal } = into.invocation;
  const { createRedactors, readApplication, redactApplication } = await import('../eventlog/index.ts');
  const onProgress = (done: number, total: number) => into.onProgress(log, (log.sizeBytes * done) / Math.max(total, 1));
  try {
    // What analyses is loaded while the log is read.
    const [application, { analyze }, redactorOf] = await Promise.all([
      readApplication(log, { signal, onProgress, callingThread: true }),
      import('../insight/index.ts'),
      createRedactors(into.redact),
    ]);
    const redacted = redactApplication(application, redactorOf(application));
    into.analyses.push(analyze(redacted));
    await into.reports?.add(redacted);
  } catch (error) {
    throwIfCancelled(signal);
    if (!(error instanceof HeadgateError)) process.stderr.write(`${label(log.path)}: ${String(error)}\n`);
    into.skipped.push({ path: log.path, error: bodyOf(error) });
  } finally {
    into.onProgress(log, log.sizeBytes);
  }
}

async function report(
  analyses: readonly Analysis[],
  skipped: readonly Skipped[],
  all: boolean,
  invocation: Invocation,
): Promise<void> {
  const { analysisToJson, renderAnalysis } = await import('../insight/index.ts');
  if (invocation.json) {
    print(invocation, analysisToJson(analyses, skipped, { all }), '');
    return;
  }
  const { stdout } = process;
  const color = stdout.isTTY && stdout.hasColors();
  print(invocation, null, renderAnalysis(analyses, { color, width: stdout.columns || DEFAULT_WIDTH, all }));
  tellSkipped(skipped);
}

/** Tells of the first few; nobody misses a README among the logs. */
function tellSkipped(skipped: readonly Skipped[]): void {
  const missed = skipped.filter(({ path }) => !isDocumentName(basename(path)));
  const lines = missed.slice(0, SKIPPED_SHOWN).map(({ path, error }) => `skipped ${label(path)}: ${error.message}\n`);
  if (missed.length > SKIPPED_SHOWN)
    lines.push(`skipped ${missed.length} in all: --json lists them with the reasons\n`);
  process.stderr.write(lines.join(''));
}

function nothingReadable(path: string, skipped: readonly Skipped[]): HeadgateError {
  const [only] = skipped;
  if (only !== undefined && skipped.length === 1) {
    const { code, message, hint } = only.error;
    const named = message.includes(basename(only.path)) ? message : `${label(only.path)}: ${message}`;
    return new HeadgateError(code, named, hint === undefined ? {} : { hint });
  }
  return new HeadgateError('not_found', `There is no readable Spark event log in ${path}.`, {
    hint: 'Name a log file, a rolling log folder (eventlog_v2_…), or a folder of them: what spark.eventLog.dir says.',
    ...(skipped.length === 0 ? {} : { details: { skipped } }),
  });
}

interface Bar {
  advance(log: LogRef, doneBytes: number): void;
  stop(): void;
}

/** A bar over the bytes of all logs, on stderr when a person looks at it on a terminal that can redraw a line. */
async function startBar(logs: readonly LogRef[]): Promise<Bar> {
  if (!process.stderr.isTTY || process.env.TERM === 'dumb') return { advance: () => {}, stop: () => {} };
  const { SingleBar } = (await import('cli-progress')).default;
  const bar = new SingleBar({
    format: '{bar} {percentage}% | {megabytes} MB | {name}',
    clearOnComplete: true,
    hideCursor: true,
    stopOnComplete: false,
  });
  const starts = new Map<LogRef, number>();
  let total = 0;
  for (const log of logs) {
    starts.set(log, total);
    total += log.sizeBytes;
  }
  bar.start(Math.max(total, 1), 0, { megabytes: Math.ceil(total / 1e6), name: '' });
  return {
    advance: (log, doneBytes) =>
      bar.update((starts.get(log) ?? 0) + Math.min(doneBytes, log.sizeBytes), { name: log.appIdHint ?? '' }),
    stop: () => bar.stop(),
  };
}
