import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** A server that runs on this data folder, as it wrote it down. */
export interface RunningServer {
  readonly pid: number;
  readonly url: string;
  readonly port: number;
  /** RFC 3339, UTC. */
  readonly started_at: string;
}

/** How long a health check may take: the server is on this machine. */
const HEALTH_TIMEOUT_MS = 2_000;

/** Writes a server down; the returned function crosses it out again. */
export async function announceServer(home: string, server: RunningServer): Promise<() => Promise<void>> {
  const file = noteOf(home, server);
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const draft = `${file}.${server.pid}`;
  await writeFile(draft, JSON.stringify(server));
  await rename(draft, file);
  return () => rm(file, { force: true });
}

/** True until the server has closed everything: crossing itself out is the last that it does. */
export async function isAnnounced(home: string, server: RunningServer): Promise<boolean> {
  return isAlive(server.pid) && (await readServer(noteOf(home, server)))?.pid === server.pid;
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
    if (server !== null && isAlive(server.pid) && (await isHealthy(server))) running.push(server);
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
    return Number.isInteger(server.pid) && typeof server.url === 'string' ? (server as RunningServer) : null;
  } catch {
    return null;
  }
}

/** True while a process of this id exists, whosever it is. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Ids are used again: only a process that also answers at the noted address is taken for the server. */
async function isHealthy(server: RunningServer): Promise<boolean> {
  try {
    const answer = await fetch(new URL('/health', server.url), { signal: AbortSignal.timeout(HEALTH_TIMEOUT_MS) });
    await answer.body?.cancel();
    return answer.ok;
  } catch {
    return false;
  }
}
