import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { capture } from './child.mjs';
import { installation } from './pinned-node.mjs';

const LOCKFILE = join(installation, 'package-lock.json');
const INSTALLED = join(installation, 'node_modules', '.package-lock.json');
const STAMP = join(installation, 'node_modules', '.headgate-installed');

/**
 * Installs the dependencies when the lockfile changed since they were installed; else does nothing, offline.
 * `development` asks for the tools of tests and checks too. Errors: npm fails.
 */
export async function installDependencies({ development }) {
  const wanted = `${createHash('sha256').update(readFileSync(LOCKFILE)).digest('hex')} ${development ? 'all' : 'production'}\n`;
  if (isStamped(wanted) || isInstalled(development)) return;
  console.error('Installing dependencies (once, and when package-lock.json changes) …');
  const omitted = development ? [] : ['--omit=dev'];
  // A registry may lack a platform's package of a dependency: `npm ci` then refuses the lockfile, `npm install` does not.
  const exact = await npm(['ci', ...omitted]);
  const lenient = exact.code === 0 ? exact : await npm(['install', '--no-save', ...omitted]);
  if (lenient.code !== 0) {
    throw new Error(
      `${exact.output}\n${lenient.output}\nnpm could not install the dependencies: see its messages above.`,
    );
  }
  writeFileSync(STAMP, wanted);
}

/** True when the last install was of this lockfile, and of at least what is wanted. */
function isStamped(wanted) {
  if (!existsSync(STAMP)) return false;
  const stamp = readFileSync(STAMP, 'utf8');
  return stamp === wanted || stamp === wanted.replace(' production', ' all');
}

/** True when npm's own record of `node_modules` has every package of the lockfile, whoever installed it. */
function isInstalled(development) {
  if (!existsSync(INSTALLED)) return false;
  const installed = JSON.parse(readFileSync(INSTALLED, 'utf8')).packages;
  return Object.entries(JSON.parse(readFileSync(LOCKFILE, 'utf8')).packages)
    .filter(([path, entry]) => path !== '' && isNeeded(entry, development))
    .every(([path, entry]) => installed[path]?.version === entry.version);
}

function isNeeded(entry, development) {
  if (!development && (entry.dev || entry.devOptional)) return false;
  if (!entry.optional) return true;
  return matches(entry.os, process.platform) && matches(entry.cpu, process.arch) && !entry.libc;
}

/** npm's rule for `os` and `cpu`: absent means any. An optional package without them may be absent for any reason. */
function matches(allowed, actual) {
  return allowed?.includes(actual) ?? false;
}

/**
 * Runs the npm that started this script, on the Node that it runs on, else the one in PATH.
 * Resolves to `{ code, output }`: what a failed attempt says is of interest only when the next one fails too.
 */
export function npm(args, options = { cwd: installation }) {
  const { npm_execpath: cli, npm_node_execpath: node } = process.env;
  const quiet = [...args, '--loglevel=error', '--no-audit', '--no-fund'];
  if (cli?.endsWith('.js')) return capture(node ?? process.execPath, [cli, ...quiet], options);
  return capture('npm', quiet, { ...options, shell: process.platform === 'win32' });
}
