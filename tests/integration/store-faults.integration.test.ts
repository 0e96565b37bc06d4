import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStore } from '../../src/store/open-store.ts';
import { auditEntry } from '../conformance/store/opened-store.ts';
import { runChecked } from '../stack/command.ts';
import { makeCertificate, type Postgres, startPostgres } from '../stack/postgres.ts';

let folder: string;
let certificate: string;
let postgres: Postgres;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'headgate-faults-'));
  const tls = await makeCertificate(folder);
  certificate = tls.certificate;
  postgres = await startPostgres({ tls });
});

afterAll(async () => {
  await postgres.stop();
  await rm(folder, { recursive: true, force: true });
});

async function newStore(parameters = '') {
  const login = await postgres.createDatabase();
  const url = `${postgres.url(login)}${parameters}`;
  return { login, url, store: await openStore({ url }), run: (sql: string) => postgres.run(sql, login) };
}

const tools = async (store: Awaited<ReturnType<typeof openStore>>) =>
  (await store.audit.recent({ tenant: 'local', limit: 100 })).map(({ tool }) => tool);

describe('a PostgreSQL that goes away', () => {
  it('is told as unavailable while it is gone, by every call and the probe, and used again when it is back [store.comes-back] [store.probe]', async () => {
    const { store } = await newStore();
    await store.audit.record(auditEntry({ tool: 'before' }));
    await postgres.halt('fast');
    const gone = { code: 'unavailable', message: expect.stringContaining('cannot be reached') };
    await expect(store.audit.record(auditEntry({ tool: 'lost' }))).rejects.toMatchObject(gone);
    await expect(store.summaries.headlines({ tenant: 'local', source: 's', engine: '1' })).rejects.toMatchObject(gone);
    await expect(store.health()).rejects.toMatchObject(gone);
    await postgres.start();
    await store.audit.record(auditEntry({ tool: 'after' }));
    expect(await tools(store)).toEqual(['after', 'before']);
    expect(await store.health()).toMatchObject({ ok: true });
    await store.close();
  });

  it('only in single connections, idle or at work, fails no call [store.comes-back]', async () => {
    const { store, login } = await newStore();
    const cut = () =>
      postgres.run(`select pg_terminate_backend(pid) from pg_stat_activity where datname = '${login.database}'`);
    for (let round = 0; round < 5; round += 1) {
      const writing = Promise.all(
        Array.from({ length: 20 }, (_, index) => store.audit.record(auditEntry({ tool: `${round}-${index}` }))),
      );
      await cut();
      await writing;
    }
    expect(new Set(await tools(store)).size).toBe(100);
    await store.close();
  });

  it('is told by the probe when its tables are gone', async () => {
    const { store, run } = await newStore();
    await run('drop schema headgate cascade');
    expect(await store.health()).toMatchObject({ ok: false, message: expect.stringContaining('has schema 0') });
    await expect(store.audit.record(auditEntry())).rejects.toMatchObject({ code: 'failed_precondition' });
    await store.close();
  });
});

describe('a database whose disk is full', () => {
  it('is told so by PostgreSQL, and what was stored stays [store.full]', async () => {
    const { store, run } = await newStore();
    await store.summaries.write({ tenant: 'local', path: '/a', state: '1', engine: '1' }, Buffer.from('kept'));
    await run(`
      create function headgate.full() returns trigger language plpgsql as
        $$ begin raise exception 'could not extend file' using errcode = 'disk_full'; end $$;
      create trigger full_disk before insert on headgate.log_summary_parts execute function headgate.full()`);
    const write = store.summaries.write({ tenant: 'local', path: '/a', state: '2', engine: '1' }, Buffer.from('lost'));
    await expect(write).rejects.toMatchObject({
      code: 'resource_exhausted',
      message: expect.stringContaining('no space left'),
    });
    const kept = await store.summaries.read({ tenant: 'local', path: '/a', state: '1', engine: '1' });
    expect(String(Buffer.from(kept ?? []))).toBe('kept');
    await store.close();
  });

  it('is told so by SQLite, and what was stored stays [store.full]', async () => {
    const program = join(import.meta.dirname, '../../src/store/fixtures/fill-disk.ts');
    const place = join(folder, 'small');
    const script = `mkdir -p ${place} && mount -t tmpfs -o size=2m tmpfs ${place} && exec ${process.execPath} ${program} ${place}/headgate.db`;
    const inOwnMounts = ['unshare', '--mount', 'sh', '-c', script];
    const [command = '', ...args] = process.getuid?.() === 0 ? inOwnMounts : ['sudo', '-n', ...inOwnMounts];
    const { stdout } = await runChecked(command, args);
    expect(JSON.parse(stdout)).toEqual({ code: 'resource_exhausted', readBack: true, recorded: true });
  });
});

describe('the limits of an address', () => {
  it('end a statement that waits for a lock, and say so [store.address]', async () => {
    const { store, run } = await newStore('?statement_timeout=200');
    const blocking = run('begin; lock table headgate.audit in access exclusive mode; select pg_sleep(2); commit');
    await expect
      .poll(
        () =>
          store.audit.record(auditEntry()).then(
            () => null,
            (error: { code: string }) => error.code,
          ),
        { timeout: 10_000 },
      )
      .toBe('deadline_exceeded');
    await blocking;
    await store.audit.record(auditEntry({ tool: 'after' }));
    await store.close();
  });

  it('hold the number of connections [store.address]', async () => {
    const { store, login } = await newStore('?pool_max_size=2');
    const count = async () => {
      const found = await postgres.run(
        `select count(*)::int as connections from pg_stat_activity where datname = '${login.database}' and application_name = 'headgate'`,
      );
      return Number(found[0]?.connections);
    };
    const writing = Promise.all(Array.from({ length: 200 }, () => store.audit.record(auditEntry())));
    const seen = await Promise.all([count(), count(), count()]);
    await writing;
    expect(Math.max(...seen, await count())).toBeLessThanOrEqual(2);
    await store.close();
  });
});

describe('TLS of an address', () => {
  let database: { user: string; password: string; database: string };

  beforeAll(async () => {
    database = await postgres.createDatabase();
  });

  const encryptedWith = async (parameters: string) => {
    const store = await openStore({ url: `${postgres.url(database)}?application_name=tls-test&${parameters}` });
    await store.audit.record(auditEntry());
    const [found] = await postgres.run(
      `select bool_and(ssl) as ssl from pg_stat_ssl join pg_stat_activity using (pid) where application_name = 'tls-test'`,
    );
    await store.close();
    return found?.ssl;
  };

  it.each([
    ['sslmode=disable', false],
    ['sslmode=require', true],
    ['sslmode=verify-full&sslrootcert=OWN', true],
    ['sslmode=verify-ca&sslrootcert=OWN', true],
  ])('with %s connects, encrypted: %s [store.tls]', async (parameters, encrypted) => {
    expect(await encryptedWith(parameters.replace('OWN', encodeURIComponent(certificate)))).toBe(encrypted);
  });

  it('refuses a certificate that nobody vouches for, and one of another authority [store.tls]', async () => {
    const refused = { code: 'failed_precondition', message: expect.stringContaining('is not trusted') };
    await expect(encryptedWith('sslmode=verify-full')).rejects.toMatchObject(refused);
    const elsewhere = await mkdtemp(join(folder, 'other-'));
    const other = encodeURIComponent((await makeCertificate(elsewhere)).certificate);
    for (const mode of ['require', 'verify-ca', 'verify-full']) {
      await expect(encryptedWith(`sslmode=${mode}&sslrootcert=${other}`)).rejects.toMatchObject(refused);
    }
  });

  it('names a certificate file that cannot be read [store.tls]', async () => {
    await expect(encryptedWith('sslmode=verify-full&sslrootcert=/nowhere/ca.pem')).rejects.toMatchObject({
      code: 'failed_precondition',
      hint: expect.stringContaining('/nowhere/ca.pem'),
    });
  });
});

describe('a network that swallows everything', () => {
  it('fails the first calls after the time of the address, the next ones at once, and none when it passes again [store.address] [store.comes-back]', async () => {
    const login = await postgres.createDatabase();
    const network = await startNetwork(postgres.port);
    const address = postgres.url(login).replace(`:${postgres.port}/`, `:${network.port}/`);
    const store = await openStore({ url: `${address}?statement_timeout=100&connect_timeout=1&pool_max_size=1` });
    await store.audit.record(auditEntry());
    network.swallow();
    const failure = () =>
      store.audit.record(auditEntry()).then(
        () => null,
        (error: Error) => error.message,
      );
    const first = [await failure(), await failure()];
    expect(first).toEqual([
      expect.stringContaining('took longer'),
      expect.stringContaining('gave no connection in time'),
    ]);
    const sent = network.attempts();
    expect(await failure()).toContain('did not answer lately');
    expect(network.attempts()).toBe(sent);
    network.pass();
    await expect.poll(failure, { timeout: 30_000, interval: 500 }).toBe(null);
    network.stop();
    await store.close();
  });
});

/** A way to PostgreSQL that can be made to take everything and pass on nothing. */
async function startNetwork(port: number) {
  let swallowing = false;
  let attempts = 0;
  const ends = new Set<Socket>();
  const server = createServer((client) => {
    attempts += 1;
    const upstream = connect(port, '127.0.0.1');
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      ends.add(from);
      from.on('data', (bytes) => {
        if (!swallowing) to.write(bytes);
      });
      from.on('error', () => to.destroy());
      from.on('close', () => to.destroy());
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    attempts: () => attempts,
    swallow() {
      swallowing = true;
    },
    pass() {
      swallowing = false;
    },
    stop() {
      for (const end of ends) end.destroy();
      server.close();
    },
  };
}

describe('a server that is no PostgreSQL', () => {
  let server: Server;
  const sockets = new Set<Socket>();

  const listen = async (answer: (socket: Socket) => void) => {
    server = createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => {});
      answer(socket);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return `postgres://me:hush@127.0.0.1:${(server.address() as AddressInfo).port}/db?connect_timeout=1`;
  };

  const stop = () => {
    for (const socket of sockets) socket.destroy();
    server.close();
  };

  it.each([
    ['never answers', () => {}],
    ['hangs up', (socket: Socket) => socket.destroy()],
    ['answers in HTTP', (socket: Socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')],
  ])('and %s is told as a store that cannot be reached [store.no-password]', async (_what, answer) => {
    const error = await openStore({ url: await listen(answer) }).then(
      () => null,
      (thrown: Error) => thrown,
    );
    stop();
    expect(error).toMatchObject({ name: 'HeadgateError', code: 'unavailable' });
    expect(`${error?.stack} ${error?.cause}`).not.toContain('hush');
  });
});
