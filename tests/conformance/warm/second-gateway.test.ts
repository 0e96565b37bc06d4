import { copyFile, mkdtemp, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type App, createApp } from '../../../src/app.ts';
import { loadConfiguration } from '../../../src/configuration/index.ts';
import type { Caller } from '../../../src/kernel/caller.ts';

const APP_ID = 'local-1795244441242';
const RECORDED = fileURLToPath(new URL(`../../fixtures/spark/4.3/first-look-none/${APP_ID}`, import.meta.url));
/** When the log was last changed. */
const WRITTEN = new Date('2026-11-21T07:00:00Z');
const caller: Caller = {
  subject: 'tester',
  tenant: 'local',
  scopes: new Set(['read']),
  via: 'cli',
  abilities: { elicitation: false, progress: false, tasks: false },
};

let home: string;
let logs: string;
let apps: App[];
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'headgate-second-'));
  logs = await mkdtemp(join(tmpdir(), 'headgate-logs-'));
  await copyFile(RECORDED, join(logs, APP_ID));
  apps = [];
});
afterEach(async () => {
  await Promise.all(apps.map((app) => app.close()));
  await Promise.all([home, logs].map((folder) => rm(folder, { recursive: true })));
});

async function open(): Promise<App> {
  const configuration = await loadConfiguration({ eventLogs: logs }, { env: { HEADGATE_HOME: home } });
  const app = await createApp({ ...configuration, logLevel: 'silent' });
  apps.push(app);
  return app;
}

async function stagesBy(app: App): Promise<unknown> {
  const { output } = await app.gateway.callTool('list_stages', { app_id: APP_ID }, caller);
  return output;
}

describe('a second gateway on the same store', () => {
  it('answers from the summary that the first one made, without reading the log [warm.reopened]', async () => {
    const path = join(logs, APP_ID);
    await utimes(path, WRITTEN, WRITTEN);
    const first = await open();
    await first.gateway.callTool('list_applications', {}, caller);
    const stages = await stagesBy(first);
    await first.close();
    apps = [];
    // What is in the log now cannot be read: only its size and the time of its change are as before.
    const { size } = await stat(path);
    await writeFile(path, Buffer.alloc(size, 'x'));
    await utimes(path, WRITTEN, WRITTEN);
    expect(await stagesBy(await open())).toEqual(stages);
  });

  it('may be open at the same time [warm.reopened]', async () => {
    const [first, second] = [await open(), await open()];
    const [one, other] = await Promise.all([stagesBy(first), stagesBy(second)]);
    expect(other).toEqual(one);
  });
});
