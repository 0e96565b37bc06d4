import { readFile, rename, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

/** What a workload is and what an analysis of its log must say: the label of its author, written before any rule ran. */
export interface Label {
  /** `<defect or control>/<variant>`. */
  readonly id: string;
  /** The rule that the workload was seeded for, or null for a control. */
  readonly defect: string | null;
  /** Rules that must be reported. */
  readonly expected: readonly string[];
  /** Rules that may be reported as well, each with the reason why it is true here too. */
  readonly allowed: Readonly<Record<string, string>>;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly description: string;
}

/** One line of `index.json`. */
export interface CorpusEntry extends Label {
  /** The log, relative to this folder. */
  readonly path: string;
  readonly spark_version: string;
  /** Where it ran: a local master, or the shape of a standalone cluster. */
  readonly place: string;
}

/** The folder that paths in the index are relative to. */
export const BENCH_FOLDER = fileURLToPath(new URL('./', import.meta.url));

const INDEX = `${BENCH_FOLDER}index.json`;

/** Every recorded workload, in order of ids. Errors: an index that is no JSON. */
export async function loadCorpus(): Promise<CorpusEntry[]> {
  return JSON.parse(await readFile(INDEX, 'utf8')) as CorpusEntry[];
}

/** Replaces the index; readers see the old one or the new one, never a half. */
export async function saveCorpus(entries: readonly CorpusEntry[]): Promise<void> {
  const sorted = [...entries].sort((a, b) => (a.id < b.id ? -1 : 1));
  const part = `${INDEX}.${process.pid}.part`;
  await writeFile(part, `${JSON.stringify(sorted, null, 1)}\n`);
  await rename(part, INDEX);
}
