import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { HeadgateError } from '../kernel/errors.ts';

/** A server that runs on this data folder, as it wrote it down. */
export interface RunningServer {
  readonly pid: number;
  readonly url: string;
  readonly port: number;
  /** Random, made at its start: what its `/health` answers. */
  readonly instance: string;
  /** RFC 3339, UTC. */
  readonly started_at: string;
  /** Process of the `headgate up` that keeps it running; absent: it runs by itself. */
  readonly fleet?: number;
  /** What is allowed but should be changed, as it was said at its start; absent when there is nothing. */
  readonly warnings?: readonly string[];
}

/** How long a health check may take: the server is on this machine. */
const HEALTH_TIMEOUT_MS = 2_000;

/** Writes down a server that listens; the returned function crosses it out again. Errors: `internal` when nothing answers at its address. */
export async function announceServer(
  home: string,
  listening: Omit<RunningServer, 'instance'>,
): Promise<() => Promise<void>> {
  const instance = await instanceAt(listening.url);
  if (instance === null) throw new HeadgateError('internal', `The server at ${listening.url} does not answer.`);
  const server: RunningServer = { ...listening, instance };
  const file = noteOf(home, server);
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const draft = `${file}.${server.pid}`;
  await writeFile(draft, JSON.stringify(server), { mode: 0o600 });
  await rename(draft, file);
  return () => rm(file, { force: true });
}

/** True until the server has closed everything: crossing itself out is the last that it does. */
export async function isAnnounced(home: string, server: RunningServer): Promise<boolean> {
  return isAlive(server.pid) && (await readServer(noteOf(home, server)))?.instance === server.instance;
}

/** The servers of a data folder that are alive, by port. What a dead one left behind is removed. */
export async function listRunningServers(home: string): Promise<RunningServer[]> {
  const folder = join(home, 'run');
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const running: RunningServer[] = [];
  for (const name of names.filter((entry) => /^serve-\d+\.json$/.test(entry))) {
    const server = await readServer(join(folder, name));
    if (server !== null && isAlive(server.pid) && (await isAnswering(server))) running.push(server);
    else if (server === null || !isAlive(server.pid)) await rm(join(folder, name), { force: true });
  }
  return running.sort((a, b) => a.port - b.port);
}

function noteOf(home: string, { port }: RunningServer): string {
  return join(home, 'run', `serve-${port}.json`);
}

async function readServer(file: string): Promise<RunningServer | null> {
  try {
    const server: Partial<RunningServer> = JSON.parse(await readFile(file, 'utf8'));
    const { pid, url, instance } = server;
    const isWhole = Number.isInteger(pid) && typeof url === 'string' && typeof instance === 'string';
    return isWhole ? (server as RunningServer) : null;
  } catch {
    return null;
  }
}

/** True while a process of this id exists, whosever it is. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Process ids and ports are used again: only what answers with the noted instance is the server. */
async function isAnswering({ url, instance }: RunningServer): Promise<boolean> {
  return (await instanceAt(url)) === instance;
}

/** The instance that answers at an address; null when it is no server of ours, or none. */
async function instanceAt(url: string): Promise<string | null> {
  try {
    const health = JSON.parse(await askHealth(new URL('/health', url))) as { instance?: unknown } | null;
    return typeof health?.instance === 'string' ? health.instance : null;
  } catch {
    return null;
  }
}

/** Body of `/health`. The certificate is not checked: it is made for another name, nothing is sent, and the instance tells the server. */
async function askHealth(url: URL): Promise<string> {
  const { request } = await (url.protocol === 'https:' ? import('node:https') : import('node:http'));
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const options = { rejectUnauthorized: false, agent: false, signal: AbortSignal.timeout(HEALTH_TIMEOUT_MS) };
  request(url, options, (answer) => {
    if (answer.statusCode === 200) text(answer).then(resolve, reject);
    else reject(new Error(`${url} answered ${answer.statusCode}`));
  })
    .on('error', reject)
    .end();
  return promise;
}
