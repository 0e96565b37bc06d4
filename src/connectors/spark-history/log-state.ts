import { createHash } from 'node:crypto';
import type { LogRef } from '../../eventlog/index.ts';

/** What tells one state of a log from the next: size, time of change, number of files, the mark of a running application, versions. */
export function stateOf(log: LogRef): string {
  const parts = [log.sizeBytes, log.modifiedMs, log.files.length, log.inProgress ? 'running' : 'ended'];
  return [...parts, ...versionsOf(log)].join(' ');
}

/** One short text for the versions of all files; none where sizes and times are all there is. */
function versionsOf({ files }: LogRef): string[] {
  const versions = files.map(({ version }) => version ?? '');
  if (versions.every((version) => version === '')) return [];
  const hash = createHash('sha256');
  for (const version of versions) hash.update(`${version}\n`);
  return [hash.digest('base64url').slice(0, 22)];
}
