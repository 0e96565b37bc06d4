import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './child.mjs';
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
  console.error('Installing dependencies …');
  const omitted = development ? [] : ['--omit=dev'];
  // A registry may lack a platform's package of a dependency: `npm ci` then refuses the lockfile, `npm install` does not.
  const code = (await npm(['ci', ...omitted])) && (await npm(['install', '--no-save', ...omitted]));
  if (code !== 0)
    throw new Error(`npm could not install the dependencies (exit code ${code}): see its messages above.`);
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

/** Runs the npm that started this script, on the Node that it runs on, else the one in PATH. */
function npm(args) {
  const options = { cwd: installation };
  const { npm_execpath: cli, npm_node_execpath: node } = process.env;
  if (cli?.endsWith('.js')) return run(node ?? process.execPath, [cli, ...args], options);
  return run('npm', args, { ...options, shell: process.platform === 'win32' });
}
