import { randomBytes } from 'node:crypto';
import { chmod, chown, copyFile, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { runChecked, runCommand } from './command.ts';
import { installDebianPackages } from './debian-packages.ts';
import { withInstallLock } from './install-lock.ts';
import { type ServerProcess, startServer } from './server-process.ts';

/** The server's administrator, a superuser of the database. */
const ADMINISTRATOR = 'postgres';
const INSTALLATIONS = '/usr/lib/postgresql';

/** How a PostgreSQL is started. */
export interface PostgresOptions {
  /** PEM files; with them the server accepts TLS connections besides those without. */
  readonly tls?: { readonly certificate: string; readonly key: string };
  /** More settings of `postgresql.conf`. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** A PostgreSQL of a test's own, on a free loopback port, with password logins only. */
export interface Postgres {
  readonly port: number;
  /** Address of a database, by default as its superuser. */
  url(login?: { user?: string; password?: string; database?: string }): string;
  /** Runs SQL in a database, by default as the superuser, and returns the rows of its last statement. */
  run(sql: string, login?: { user?: string; password?: string; database?: string }): Promise<Record<string, unknown>[]>;
  /** A new, empty database with a role of its own that owns it: what a team is given. Returns its login. */
  createDatabase(rights?: string): Promise<{ user: string; password: string; database: string }>;
  /** Starts it again after `halt`. */
  start(): Promise<void>;
  /** Ends it and cuts every connection: `fast` writes everything first, `immediate` is what a crash leaves. */
  halt(mode: 'fast' | 'immediate'): Promise<void>;
  /** Ends it and removes its files. */
  stop(): Promise<void>;
}

/** Starts a new, empty PostgreSQL; installs Debian's package when there is none. Errors: it cannot be installed or started. */
export async function startPostgres(options: PostgresOptions = {}): Promise<Postgres> {
  const programs = await installPostgres();
  const work = await mkdtemp(join(tmpdir(), 'headgate-postgres-'));
  const files = join(work, 'data');
  const password = randomBytes(12).toString('hex');
  const as = await unprivileged();
  await giveTo(work, as);
  const passwordFile = join(work, 'password');
  await writeFile(passwordFile, password);
  await giveTo(passwordFile, as);
  await runAs(as, join(programs, 'initdb'), [
    `--pgdata=${files}`,
    `--username=${ADMINISTRATOR}`,
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale=C.UTF-8',
  ]);
  const port = await freePort();
  const settings: Record<string, string> = {
    port: String(port),
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    ...(options.tls === undefined ? {} : await installTls(options.tls, work, as)),
    ...options.settings,
  };
  const args = ['-D', files, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])];
  let server: ServerProcess | null = null;
  const start = async () => {
    const [command = '', ...first] = [...as.prefix, join(programs, 'postgres')];
    server = await startServer({
      name: 'PostgreSQL',
      command,
      args: [...first, ...args],
      env: { ...process.env, LC_MESSAGES: 'C' },
      cwd: work,
      readyWhen: /ready to accept connections/,
    });
  };
  const halt = async (mode: 'fast' | 'immediate') => {
    if (server === null) return;
    process.kill(server.pid, mode === 'fast' ? 'SIGINT' : 'SIGQUIT');
    await server.stop();
    server = null;
  };
  const url: Postgres['url'] = ({ user = ADMINISTRATOR, password: theirs, database = 'postgres' } = {}) =>
    `postgres://${encodeURIComponent(user)}:${encodeURIComponent(theirs ?? password)}@127.0.0.1:${port}/${database}`;
  const run: Postgres['run'] = async (sql, login) => {
    const client = new pg.Client({ connectionString: url(login) });
    await client.connect();
    try {
      const results = [await client.query(sql)].flat();
      return results.at(-1)?.rows ?? [];
    } finally {
      await client.end();
    }
  };
  let databases = 0;
  await start();
  return {
    port,
    url,
    run,
    async createDatabase(rights = 'createrole') {
      databases += 1;
      const login = { user: `owner_${databases}`, password: 'own/p@ss:word%', database: `db_${databases}` };
      await run(`create role ${login.user} login ${rights} password '${login.password}'`);
      await run(`create database ${login.database} owner ${login.user}`);
      return login;
    },
    start,
    halt,
    async stop() {
      await halt('immediate');
      await rm(work, { recursive: true, force: true });
    },
  };
}

/** The folder of the newest PostgreSQL's programs. */
async function installPostgres(): Promise<string> {
  const found = await newestPrograms();
  if (found !== null) return found;
  return withInstallLock(join(tmpdir(), 'headgate-postgresql-install'), async () => {
    if ((await newestPrograms()) === null) await installDebianPackages(['postgresql']);
    const installed = await newestPrograms();
    if (installed === null) throw new Error(`the package postgresql left no initdb below ${INSTALLATIONS}`);
    return installed;
  });
}

async function newestPrograms(): Promise<string | null> {
  const versions = (await readdir(INSTALLATIONS).catch(() => [])).filter((name) => /^\d+$/.test(name));
  for (const version of versions.sort((a, b) => Number(b) - Number(a))) {
    const programs = join(INSTALLATIONS, version, 'bin');
    if ((await readdir(programs).catch((): string[] => [])).includes('initdb')) return programs;
  }
  return null;
}

/** Whom the server runs as: PostgreSQL refuses root. */
interface Runner {
  /** What stands before a command; empty when this user is no root. */
  readonly prefix: readonly string[];
  readonly ids: { readonly user: number; readonly group: number } | null;
}

async function unprivileged(): Promise<Runner> {
  if (process.getuid?.() !== 0) return { prefix: [], ids: null };
  const [user, group] = await Promise.all([idOf('-u'), idOf('-g')]);
  return { prefix: ['setpriv', `--reuid=${user}`, `--regid=${group}`, '--clear-groups'], ids: { user, group } };
}

/** Debian's package makes the user `postgres`. */
async function idOf(flag: '-u' | '-g'): Promise<number> {
  return Number((await runChecked('id', [flag, 'postgres'])).stdout);
}

async function runAs({ prefix }: Runner, program: string, args: readonly string[]): Promise<void> {
  const [command = '', ...first] = [...prefix, program];
  await runChecked(command, [...first, ...args], { cwd: tmpdir() });
}

async function giveTo(path: string, { ids }: Runner): Promise<void> {
  if (ids !== null) await chown(path, ids.user, ids.group);
}

async function installTls(
  { certificate, key }: NonNullable<PostgresOptions['tls']>,
  work: string,
  as: Runner,
): Promise<Record<string, string>> {
  const folder = join(work, 'tls');
  await mkdir(folder);
  await giveTo(folder, as);
  const own = { certificate: join(folder, 'server.crt'), key: join(folder, 'server.key') };
  await copyFile(certificate, own.certificate);
  await copyFile(key, own.key);
  await chmod(own.key, 0o600);
  await giveTo(own.certificate, as);
  await giveTo(own.key, as);
  return { ssl: 'on', ssl_cert_file: own.certificate, ssl_key_file: own.key };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

/** A self-signed certificate for 127.0.0.1 and `localhost`, made with openssl. Paths of its PEM files. */
export async function makeCertificate(folder: string): Promise<{ certificate: string; key: string }> {
  const certificate = join(folder, 'server.crt');
  const key = join(folder, 'server.key');
  const args = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost'];
  const names = ['-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  if ((await runCommand('openssl', ['version']).catch(() => ({ exitCode: 1 }))).exitCode !== 0) {
    await installDebianPackages(['openssl']);
  }
  await runChecked('openssl', [...args, ...names, '-keyout', key, '-out', certificate]);
  return { certificate, key };
}
