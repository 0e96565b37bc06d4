import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, statSync, writeFileSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterEach, beforeEach, expect, it } from 'vitest';

const PROGRAM = join(import.meta.dirname, '..', '..', 'src/connectors/duckdb/fixtures/gateway-process.ts');

/** A gateway's process on the database of the test. */
class Gateway {
  readonly child: ChildProcess;
  readonly #answers = new Map<
    number,
    (answer: { output?: Answer; error?: { code: string; message: string } }) => void
  >();
  #last = 0;

  constructor(path: string, root: string) {
    this.child = spawn(process.execPath, [PROGRAM, path, root], { stdio: ['pipe', 'pipe', 'inherit'] });
    const lines = createInterface({ input: this.child.stdout as NodeJS.ReadableStream });
    lines.on('line', (line) => {
      const answer = JSON.parse(line);
      this.#answers.get(answer.id)?.(answer);
    });
  }

  async call(tool: string, input: Record<string, unknown>): Promise<Answer> {
    const id = ++this.#last;
    const answer = new Promise<{ output?: Answer; error?: { code: string; message: string } }>((resolve) => {
      this.#answers.set(id, resolve);
    });
    this.child.stdin?.write(`${JSON.stringify({ id, tool, input })}\n`);
    const { output, error } = await answer;
    if (output === undefined) throw Object.assign(new Error(error?.message), error);
    return output;
  }

  async rows(sql: string): Promise<unknown[][]> {
    return (await this.call('execute_query', { sql })).rows as unknown[][];
  }

  async end(signal: NodeJS.Signals): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const gone = once(this.child, 'exit');
    this.child.kill(signal);
    await gone;
  }
}

type Answer = Record<string, unknown>;

let folder: string;
let path: string;
let gateways: Gateway[];
const start = () => {
  const gateway = new Gateway(path, join(folder, 'root'));
  gateways.push(gateway);
  return gateway;
};

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'headgate-processes-'));
  path = join(folder, 'home', 'local.duckdb');
  gateways = [];
  await Promise.all(['home', 'root'].map((name) => mkdir(join(folder, name))));
});
afterEach(async () => {
  await Promise.all(gateways.map((gateway) => gateway.end('SIGKILL')));
  await rm(folder, { recursive: true, force: true });
});

/** The owner answers without the others; whoever has the file open is the owner. */
const SLOW = 'SELECT count(*) FROM range(60000000000)';

it('lets four processes that start together use one database [local.one-owner]', async () => {
  const four = [start(), start(), start(), start()];
  await Promise.all(four.map((one) => one.rows('SELECT 1')));
  await four[0]?.call('execute_dml', { sql: 'CREATE TABLE seen (who INTEGER, n INTEGER)' });
  await Promise.all(
    four.flatMap((one, who) =>
      Array.from({ length: 10 }, (_, n) =>
        one.call('execute_dml', { sql: 'INSERT INTO seen VALUES ($1, $2)', parameters: [who, n] }),
      ),
    ),
  );
  for (const one of four)
    expect(await one.rows('SELECT count(*), count(DISTINCT (who, n)) FROM seen')).toEqual([[40, 40]]);
});

it('keeps the door and its folder for the user alone [local.one-owner]', async () => {
  await start().rows('SELECT 1');
  const socket = `${path}.d/socket`;
  expect(statSync(socket).mode & 0o777).toBe(0o600);
  expect(statSync(dirname(socket)).mode & 0o777).toBe(0o700);
});

it('goes on when the owner is killed in the middle of queries: reads are repeated, committed rows are kept [local.takeover]', async () => {
  const owner = start();
  await owner.call('execute_dml', { sql: 'CREATE TABLE kept AS SELECT * FROM range(1000) t(i)' });
  const other = start();
  expect(await other.rows('SELECT count(*) FROM kept')).toEqual([[1000]]);
  const counted = other.rows('SELECT count(*), sum(hash(i) % 7) > 0 FROM range(60000000) t(i)');
  const writes = other.call('execute_dml', {
    sql: 'INSERT INTO kept SELECT i FROM range(2000000000) t(i) WHERE sin(i) > 2',
  });
  const lost = Promise.allSettled([writes]);
  await new Promise((resolve) => setTimeout(resolve, 300));
  await owner.end('SIGKILL');
  const [write] = await lost;
  expect(write).toMatchObject({ status: 'rejected', reason: { code: 'aborted' } });
  expect(await counted).toEqual([[60_000_000, true]]);
  expect(await other.rows('SELECT count(*) FROM kept')).toEqual([[1000]]);
  expect(await start().rows('SELECT count(*) FROM kept')).toEqual([[1000]]);
});

it('takes over a socket that a dead process left [local.takeover]', async () => {
  const first = start();
  await first.call('execute_dml', { sql: 'CREATE TABLE kept AS SELECT 1 AS i' });
  await first.end('SIGKILL');
  expect(existsSync(`${path}.d/socket`)).toBe(true);
  expect(await start().rows('SELECT i FROM kept')).toEqual([[1]]);
});

it('lets others finish when the owner closes [local.owner-leaves]', async () => {
  const owner = start();
  await owner.rows('SELECT 1');
  const other = start();
  const running = other.rows('SELECT count(*), sum(hash(i) % 7) > 0 FROM range(40000000) t(i)');
  await new Promise((resolve) => setTimeout(resolve, 100));
  await owner.end('SIGTERM');
  expect(await running).toEqual([[40_000_000, true]]);
  expect(await other.rows('SELECT 1')).toEqual([[1]]);
});

it('undoes what a process began that was killed itself [local.takeover]', async () => {
  const owner = start();
  await owner.call('execute_dml', { sql: 'CREATE TABLE t (i BIGINT)' });
  const other = start();
  const running = other.call('execute_dml', { sql: `INSERT INTO t SELECT count(*) FROM (${SLOW})` });
  running.catch(() => undefined);
  await new Promise((resolve) => setTimeout(resolve, 300));
  await other.end('SIGKILL');
  await owner.call('execute_dml', { sql: 'INSERT INTO t VALUES (1)' });
  expect(await owner.rows('FROM t')).toEqual([[1]]);
});

it('names a program that is not Headgate and keeps the file [local.file-faults]', async () => {
  const foreign = await DuckDBInstance.create(path);
  await expect(start().rows('SELECT 1')).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringContaining(path),
    details: { pid: process.pid },
  });
  foreign.closeSync();
});

it('names a damaged file and says what to do [local.file-faults]', async () => {
  writeFileSync(path, 'this is not a database'.repeat(1000));
  await expect(start().rows('SELECT 1')).rejects.toMatchObject({
    code: 'failed_precondition',
    message: expect.stringMatching(/damaged, or is no DuckDB database/),
    hint: expect.stringContaining('aside'),
  });
  const whole = await DuckDBInstance.create(join(folder, 'whole.duckdb'));
  const connection = await whole.connect();
  await connection.run('CREATE TABLE t AS FROM range(100000)');
  connection.closeSync();
  whole.closeSync();
  const bytes = await readFile(join(folder, 'whole.duckdb'));
  await writeFile(path, bytes.fill(7, 4096, 12_288));
  await expect(start().rows('SELECT 1')).rejects.toMatchObject({ code: 'failed_precondition' });
});

it('cuts off what does not speak its protocol, and goes on [local.one-owner]', async () => {
  const owner = start();
  await owner.rows('SELECT 1');
  const socket = connect(`${path}.d/socket`);
  socket.write('GET / HTTP/1.1\r\n\r\n');
  socket.resume();
  await once(socket, 'close');
  expect(await owner.rows('SELECT 1')).toEqual([[1]]);
});
