import { existsSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** First Node that runs TypeScript by stripping its types, without a flag, and has zstd and node:sqlite. */
const MINIMUM_NODE = [22, 18];

/** The folder of Headgate itself, links resolved. */
export const installation = dirname(dirname(realpathSync(fileURLToPath(import.meta.url))));

/** True when a Node of this version (`24.21.0`) runs Headgate. */
export function isRecentNode(version) {
  const [major, minor] = version.split('.').map(Number);
  return major > MINIMUM_NODE[0] || (major === MINIMUM_NODE[0] && minor >= MINIMUM_NODE[1]);
}

/**
 * Absolute path of the Node that the lockfile pins, from the nearest `node_modules` at or above this installation;
 * null where it is not installed or none exists for this platform.
 */
export function findPinnedNode() {
  const platform = process.platform === 'win32' ? 'win' : process.platform;
  const binary = join('bin', process.platform === 'win32' ? 'node.exe' : 'node');
  for (let folder = installation; ; folder = dirname(folder)) {
    const candidate = join(folder, 'node_modules', `node-${platform}-${process.arch}`, binary);
    if (existsSync(candidate)) return candidate;
    if (folder === dirname(folder)) return null;
  }
}

/** The Node to start Headgate with: the pinned one, else the running one when it is recent enough, else null. */
export function findNode() {
  return findPinnedNode() ?? (isRecentNode(process.versions.node) ? process.execPath : null);
}

/** What to tell someone whose machine has no Node that runs Headgate. */
export function missingNodeMessage() {
  return [
    `headgate needs Node.js ${MINIMUM_NODE.join('.')} or newer; this is ${process.versions.node} on ${process.platform}-${process.arch}, and the Node that Headgate brings along is not installed.`,
    `Run "npm install" in ${installation}, or install a newer Node.js from https://nodejs.org.`,
  ].join('\n');
}
