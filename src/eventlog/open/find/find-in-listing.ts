import { throwIfCancelled } from '../../../kernel/errors.ts';
import type { FoundFile } from '../log-ref.ts';
import { readLogName } from './log-name.ts';
import { createLimit } from './parallel-limit.ts';
import type { NoLog } from './sniff-log.ts';
import { DEEPEST_LEVEL, type FoundLogs, inOrder, LOOKS_AT_ONCE, sortOutFolder } from './sort-out.ts';

/**
 * Finds event logs in the listing of an object store, by the same rules as `findLogs` in a folder: `objects` are what
 * stands beneath the address `root`; folders are what precedes the slashes in their names, and an object whose name ends
 * in a slash stands for its folder.
 *
 * `whyNot` judges an object that Spark did not name, 64 at once. Errors: what `whyNot` throws, `cancelled`.
 */
export async function findInListing(
  root: string,
  objects: Iterable<FoundFile>,
  options: { whyNot: (file: FoundFile) => Promise<NoLog | null>; signal?: AbortSignal | undefined },
): Promise<FoundLogs> {
  const { folders, tooDeep } = byFolder(root.endsWith('/') ? root : `${root}/`, objects);
  const found: FoundLogs = { logs: [], ignored: [] };
  for (const path of tooDeep) found.ignored.push({ path, reason: `deeper than ${DEEPEST_LEVEL} levels of folders` });
  const limit = createLimit(LOOKS_AT_ONCE);
  const judge = (file: FoundFile) =>
    limit(() => {
      throwIfCancelled(options.signal);
      return options.whyNot(file);
    });
  const sorted = await Promise.all([...folders].map(([folder, files]) => sortOutFolder(folder, files, judge)));
  for (const { logs, ignored } of sorted) {
    for (const log of logs) found.logs.push(log);
    for (const path of ignored) found.ignored.push(path);
  }
  return inOrder(found);
}

/** Files by the address of their folder, those that are never logs left out. `begin` ends in a slash. */
function byFolder(begin: string, objects: Iterable<FoundFile>) {
  const folders = new Map<string, FoundFile[]>();
  const tooDeep = new Set<string>();
  for (const object of objects) {
    const names = object.path.slice(begin.length).split('/');
    const name = names.at(-1) ?? '';
    const level = names.length - 1;
    if (names.some(isSkipped)) continue;
    const folder = (begin + names.slice(0, Math.min(level, DEEPEST_LEVEL + 1)).join('/')).replace(/\/$/, '');
    if (level > DEEPEST_LEVEL) {
      tooDeep.add(folder);
      continue;
    }
    const files = folders.get(folder) ?? [];
    if (name !== '') files.push(object);
    folders.set(folder, files);
  }
  return { folders, tooDeep };
}

function isSkipped(name: string): boolean {
  return readLogName(name).role === 'skipped';
}
