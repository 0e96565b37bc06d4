import { readdir, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';

/** A file that SQL can read. */
export interface ReadableFile {
  readonly path: string;
  readonly sizeBytes: number;
}

const EXTENSIONS: ReadonlySet<string> = new Set(['.csv', '.tsv', '.parquet', '.json', '.jsonl', '.ndjson']);
/** Folders below a root that are looked into, one in the other. */
const MAX_DEPTH = 3;
/** Entries that are looked at: a root may be a whole disk. */
const MAX_ENTRIES = 2_000;

/** Files under the roots that SQL can read, by path, the nearer to their root the earlier. Links are not followed. */
export async function listFiles(roots: readonly string[]): Promise<ReadableFile[]> {
  const found: ReadableFile[] = [];
  let folders = [...new Set(roots)];
  let left = MAX_ENTRIES;
  for (let depth = 0; depth <= MAX_DEPTH && left > 0; depth++) {
    const listings = await Promise.all(folders.map((folder) => entriesOf(folder, left)));
    left -= listings.reduce((sum, { seen }) => sum + seen, 0);
    folders = listings.flatMap((listing) => listing.folders);
    for (const path of listings.flatMap(({ files }) => files)) found.push({ path, sizeBytes: (await stat(path)).size });
  }
  return found;
}

/** A folder that is not there or may not be read has no files for SQL either. */
async function entriesOf(folder: string, most: number) {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const looked = entries.sort((a, b) => a.name.localeCompare(b.name)).slice(0, most);
  const pathsOf = (wanted: (entry: (typeof looked)[number]) => boolean) =>
    looked.filter(wanted).map(({ name }) => join(folder, name));
  return {
    seen: looked.length,
    folders: pathsOf((entry) => entry.isDirectory() && !entry.name.startsWith('.')),
    files: pathsOf((entry) => entry.isFile() && EXTENSIONS.has(extname(entry.name))),
  };
}
