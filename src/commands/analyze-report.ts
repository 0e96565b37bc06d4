import { existsSync } from 'node:fs';
import { type FileHandle, open, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import type { Application } from '../eventlog/index.ts';
import type { ReportModel } from '../insight/index.ts';
import { HeadgateError } from '../kernel/errors.ts';
import { label } from '../kernel/quoted.ts';
import { type Invocation, UsageError } from './invocation.ts';

/** Reports that one file holds; of further applications it has a line each. */
const MAX_REPORTS = 20;

/** Stands for the standard output. */
const STDOUT = '-';

/** Bytes at the start of a file that tell whether it is a report. */
const HEAD_BYTES = 4096;

/** What `analyze` was asked to write: a path, `-` for the standard output. */
export interface ReportFlags {
  readonly html?: string | undefined;
  readonly markdown?: string | true | undefined;
}

/** The options by which `analyze` writes reports. */
export function addReportOptions(command: Command): Command {
  return command
    .option('--html <file>', 'write a self-contained HTML report; - is the standard output', parseTarget)
    .option(
      '--markdown [file]',
      'write the report as Markdown for a ticket; without a file to the standard output',
      parseTarget,
    );
}

function parseTarget(text: string): string {
  if (text !== '') return text;
  throw new InvalidArgumentError('The path is empty.');
}

/** Reports that are being made. */
export interface Reports {
  /** True when a report goes to the standard output, where then nothing else may go. */
  readonly takesStdout: boolean;
  add(application: Application): Promise<void>;
  /** Writes what was asked for, and tells where on stderr. */
  write(): Promise<void>;
}

/**
 * Makes the reports that the flags ask for. `single` when they are of one application, of which they then show more.
 * A file is only written over when it is such a report itself.
 *
 * Errors: `UsageError` when two outputs want the standard output; `failed_precondition` for a file that is no report;
 * `invalid_argument` for a path that cannot be written.
 */
export async function openReports(
  flags: ReportFlags,
  single: boolean,
  invocation: Invocation,
): Promise<Reports | null> {
  const { html } = flags;
  const markdown = flags.markdown === true ? STDOUT : flags.markdown;
  if (html === undefined && markdown === undefined) return null;
  const onStdout = [html === STDOUT, markdown === STDOUT, invocation.json].filter(Boolean).length;
  if (onStdout > 1)
    throw new UsageError(
      'invalid_argument',
      'Only one of --json, --html - and --markdown can go to the standard output.',
      {
        hint: 'Name a file for the others.',
      },
    );
  const { loadReportPages, loadReports } = await import('../insight/index.ts');
  const { buildReport, COMPACT_LIMITS, FILE_LIMITS, MARKDOWN_MARK, renderMarkdown, WorstReports } = await loadReports();
  const pages = html === undefined ? null : await loadReportPages();
  if (html !== undefined && pages !== null) await refuseOthersFile(html, pages.REPORT_MARK);
  if (markdown !== undefined) await refuseOthersFile(markdown, MARKDOWN_MARK);
  const worst = new WorstReports(MAX_REPORTS);
  return {
    takesStdout: html === STDOUT || markdown === STDOUT,
    add: async (application) => worst.add(buildReport(application, { limits: single ? FILE_LIMITS : COMPACT_LIMITS })),
    async write() {
      const { reports, others } = worst;
      if (html !== undefined && pages !== null) await put(html, pages.renderHtml(reports, others));
      if (markdown !== undefined) await put(markdown, markdownOf(reports, others.length, renderMarkdown));
    },
  };
}

function markdownOf(reports: readonly ReportModel[], left: number, render: (model: ReportModel) => string): string {
  const rest = left === 0 ? '' : `\n${left} more applications were analysed; these are the worst ${reports.length}.\n`;
  return reports.map(render).join('\n---\n\n') + rest;
}

async function put(target: string, text: string): Promise<void> {
  if (target === STDOUT) {
    process.stdout.write(text);
    return;
  }
  try {
    await writeFile(target, text);
  } catch (error) {
    throw unwritable(target, error);
  }
  process.stderr.write(`Report: ${label(resolve(target))}\n`);
}

async function refuseOthersFile(target: string, mark: string): Promise<void> {
  if (target === STDOUT) return;
  const head = await headOf(target);
  if (head === null || head === '' || head.includes(mark)) return;
  throw new HeadgateError('failed_precondition', `${label(target)} exists and is no report of Headgate.`, {
    hint: 'Name another file, or delete it first.',
  });
}

/** The first bytes of a file as text; null when there is none, empty for what is no regular file (a pipe, a device). */
async function headOf(target: string): Promise<string | null> {
  let file: FileHandle | undefined;
  try {
    file = await open(target, 'r');
    const stat = await file.stat();
    if (stat.isDirectory()) throw Object.assign(new Error('it is a folder'), { code: 'EISDIR' });
    if (!stat.isFile()) return '';
    const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(HEAD_BYTES) });
    return buffer.toString('utf8', 0, bytesRead);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT' && existsSync(dirname(resolve(target)))) return null;
    throw unwritable(target, error);
  } finally {
    await file?.close();
  }
}

function unwritable(target: string, error: unknown): HeadgateError {
  const { code, message } = error as NodeJS.ErrnoException;
  return new HeadgateError('invalid_argument', `${label(target)} cannot be written: ${code ?? message}.`, {
    hint: 'Name a file in a folder that exists and may be written.',
    cause: error,
  });
}
