import { rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Command } from 'commander';
import { dataFolder } from '../configuration/index.ts';
import { type Invocation, print } from './invocation.ts';
import { addJsonOption } from './options.ts';
import type { Plan } from './setup/uninstall-plan.ts';
import type { Written } from './setup/written-files.ts';

/**
 * `headgate uninstall`: shows what was written, or with `--yes` stops the servers and removes it: entries in client
 * files, a `headgate.yaml` of `init`, and what is Headgate's in the data folder. Everything else stays, and is named.
 */
export function uninstallCommand(invocation: Invocation): Command {
  const command = new Command('uninstall')
    .description('show what was written outside the package; with --yes remove it')
    .option('--yes', 'remove it')
    .option('--force', 'also what was changed since it was written');
  return addJsonOption(command).action(async ({ yes = false, force = false }: { yes?: boolean; force?: boolean }) => {
    const { planUninstall } = await import('./setup/uninstall-plan.ts');
    const plan = await planUninstall(dataFolder(), { force });
    if (yes) await remove(plan, invocation.signal);
    print(invocation, { ...plan, removed: yes }, render(plan, yes));
  });
}

async function remove({ home, servers, written, folders }: Plan, signal: AbortSignal): Promise<void> {
  const { stopServers } = await import('./stop.ts');
  const { forgetWritten, readRecord, RECORD } = await import('./setup/written-files.ts');
  await stopServers(home, servers, signal);
  await lastWords(servers);
  for (const one of written) {
    await takeBack(one);
    await forgetWritten(home, one);
  }
  // The database last of all, so that an interrupted removal can be run again.
  for (const path of folders) await rm(path, { recursive: true, force: true });
  const rest = await readRecord(home);
  if (rest.length === 0) await rm(join(home, RECORD), { force: true });
  await rmdir(home).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST' && error.code !== 'ENOENT') throw error;
  });
}

/** How long a process that has closed everything may take to end: on its way it writes its compile cache. */
const LAST_WORDS_MS = 2_000;

async function lastWords(servers: Plan['servers']): Promise<void> {
  const { isAlive } = await import('./running-servers.ts');
  const deadline = Date.now() + LAST_WORDS_MS;
  while (servers.some(({ pid }) => isAlive(pid)) && Date.now() < deadline) await pause(20);
}

async function takeBack(one: Written): Promise<void> {
  const { isBare, withoutEntry } = await import('./setup/client-file.ts');
  const { readText, replaceFile } = await import('./setup/written-files.ts');
  if (one.kind === 'configuration') return rm(one.file, { force: true });
  const text = await readText(one.file);
  if (text !== null) {
    const rest = withoutEntry(text, one.path, one.file, one.madeList);
    if (one.created && isBare(rest, one.path)) await rm(one.file, { force: true });
    else await replaceFile(one.file, rest);
  }
  if (one.backup !== null) await rm(one.backup, { force: true });
}

function render({ home, servers, written, folders, kept }: Plan, removed: boolean): string {
  const lines = [
    ...servers.map(({ url, pid }) => `server   ${url} (process ${pid})`),
    ...written.map((one) =>
      one.kind === 'client' ? `entry    ${one.path.join('.')} in ${one.file}` : `file     ${one.file}`,
    ),
    ...folders.map((path) => `data     ${path}`),
  ];
  const nothing = lines.length === 0;
  const title = removed ? 'Stopped and removed:' : 'Written by Headgate:';
  const text = nothing ? [`Nothing of Headgate is left in ${home} or in files of clients.`] : [title, ...lines];
  if (kept.length > 0) text.push('', 'Stays:', ...kept.map(({ path, reason }) => `         ${path}: ${reason}`));
  if (!nothing && !removed) text.push('', 'headgate uninstall --yes removes it.');
  if (removed && !nothing)
    text.push('', 'Restart the clients. The package itself: npm uninstall headgate, or remove its folder.');
  return text.join('\n');
}
