import { afterEach, expect, it } from 'vitest';
import { recordedAnswers, replay } from '../rest/fixtures/recorded-server.ts';
import { accessTo, type ScriptedServer, startScriptedServer } from '../rest/fixtures/scripted-server.ts';
import { createLiveUiReader } from './live-ui-reader.ts';

const answers = recordedAnswers('4.3/in-progress-zstd');
const opened: Array<{ close(): Promise<void> }> = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((one) => one.close()));
});

let now = 1_000_000_000;
async function start() {
  const server: ScriptedServer = await startScriptedServer(replay(answers));
  const place = { kind: 'live-ui' as const, ...accessTo(server.url) };
  const reader = createLiveUiReader('live', place, { clock: () => now, resolveSecret: async () => '' });
  opened.push(server, reader);
  return { server, reader };
}

it('has another state every ten seconds, and the same within them [remote-history.live-ui]', async () => {
  const { reader } = await start();
  const { logs } = await reader.findLogs({});
  const [log] = logs;
  if (log === undefined) throw new Error('no log');
  expect(log).toMatchObject({ inProgress: true, modifiedMs: 1_000_000_000 });
  now += 9999;
  expect(await reader.refresh(log, {})).toEqual(log);
  now += 1;
  expect((await reader.refresh(log, {})).modifiedMs).toBe(1_000_010_000);
});

it('reads what is known so far, asks for no log, and says that it is not over [remote-history.live-ui]', async () => {
  const { server, reader } = await start();
  const { logs } = await reader.findLogs({});
  const application = await reader.readApplication(logs[0] as never);
  expect(application).toMatchObject({ status: 'RUNNING', endTime: null });
  expect(application.log.gaps.map(({ kind }) => kind)).toEqual(['read-over-rest', 'no-application-end']);
  expect(server.asked.filter(({ url }) => url.endsWith('/logs'))).toEqual([]);
});

it('says that an application is gone when its server lists another one [remote-history.live-ui]', async () => {
  const { server, reader } = await start();
  const gone = { path: `${server.url}/applications/local-1` } as never;
  await expect(reader.refresh(gone, {})).rejects.toMatchObject({ code: 'not_found' });
});
