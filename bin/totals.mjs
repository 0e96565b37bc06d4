import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { installation } from './pinned-node.mjs';

const FOLDER = join(installation, '.cache', 'results');

/** Where a runner may leave a report of its own. */
export function reportPath(name) {
  mkdirSync(FOLDER, { recursive: true });
  return join(FOLDER, name);
}

/** Reads and removes a report, so that an old one never stands for a run that wrote none; null when there is none. */
export function takeReport(name) {
  try {
    return JSON.parse(readFileSync(join(FOLDER, name), 'utf8'));
  } catch {
    return null;
  } finally {
    rmSync(join(FOLDER, name), { force: true });
  }
}

/** Prints the totals of one script, leaves them for `.ci/run` as `<passed> <failed>`, and sets the exit code. */
export function finish(script, { passed, failed }) {
  writeFileSync(reportPath(`${script}.totals`), `${passed} ${failed}\n`);
  console.log(`${script}: ${passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
}
