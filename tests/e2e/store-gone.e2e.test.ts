import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Postgres, startPostgres } from '../stack/postgres.ts';
import { finished, firstOutput, type Ready, Sandbox } from './headgate-process.ts';

let postgres: Postgres;
let sandbox: Sandbox;

beforeAll(async () => {
  postgres = await startPostgres();
});

afterAll(() => postgres.stop());

beforeEach(async () => {
  sandbox = await Sandbox.create();
});

afterEach(() => sandbox.remove());

const list = (server: string) =>
  fetch(new URL('/api/v1/tools/list_applications', server), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{}',
  });

describe('a gateway whose PostgreSQL goes away', () => {
  it('goes on reading and says what was not stored; stays ready, and tells its state to who asks; and audits again when it is back [store.reads-go-on] [store.comes-back] [store.probe] [store.no-password] [health.ready-without-platforms]', async () => {
    const login = await postgres.createDatabase();
    const url = postgres.url(login);
    const args = ['serve', '--port', '0', '--json', '--event-logs', sandbox.eventLogs];
    const child = sandbox.spawn(args, { env: { HEADGATE_DATABASE_URL: url } });
    const printed: string[] = [];
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (text: string) => printed.push(String(text)));
    const ready: Ready = JSON.parse(await firstOutput(child, /^\}\n/m));
    const server = ready.url;
    const audited = () =>
      postgres.run('select set_config($$headgate.tenant$$, $$local$$, false); select tool from headgate.audit', login);
    const before = await list(server);
    expect([before.status, before.headers.get('headgate-not-stored')]).toEqual([200, null]);
    const body = await before.text();

    await postgres.halt('fast');
    const during = await list(server);
    expect(during.status).toBe(200);
    expect(during.headers.get('headgate-not-stored')).toMatch(/^This call is not in the audit log/);
    expect(await during.text()).toBe(body);
    const states = async () =>
      Promise.all(['/ready', '/health'].map(async (path) => (await fetch(new URL(path, server))).status));
    const health = async () => (await fetch(new URL('/health?verbose', server))).text();
    expect(await states()).toEqual([200, 200]);
    expect(await health()).toContain('cannot be reached');
    expect(await health()).toContain('"status":"degraded"');

    await postgres.start();
    const after = await list(server);
    expect([after.status, after.headers.get('headgate-not-stored')]).toEqual([200, null]);
    expect(JSON.parse(await health()).checks.find(({ name }: { name: string }) => name === 'store')).toMatchObject({
      ok: true,
      last_error: { message: expect.stringContaining('cannot be reached') },
    });
    expect(await audited()).toEqual([{ tool: 'list_applications' }, { tool: 'list_applications' }]);
    child.kill('SIGTERM');
    await finished(child);
    expect(printed.join('')).toContain('a call could not be audited');
    for (const secret of [login.password, encodeURIComponent(login.password)]) {
      expect(printed.join('')).not.toContain(secret);
    }
  });

  it('does not start while it is away, and check names the place without its password', async () => {
    const login = await postgres.createDatabase();
    await postgres.halt('fast');
    const { exitCode, stdout, stderr } = await sandbox.run(['check'], {
      env: { HEADGATE_DATABASE_URL: postgres.url(login) },
    });
    await postgres.start();
    expect(exitCode).toBe(1);
    expect(stdout).toContain(`The store postgres://127.0.0.1:${postgres.port}/${login.database} cannot be reached.`);
    expect(stdout + stderr).not.toContain(encodeURIComponent(login.password));
  });
});
