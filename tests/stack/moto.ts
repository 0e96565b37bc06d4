import { join } from 'node:path';
import { installPythonEnvironment } from './python-environment.ts';
import { startServer } from './server-process.ts';

/** Moto answers AWS's API from memory; its server speaks it over HTTP. */
const REQUIREMENTS = ['moto[server]==5.2.5'] as const;
const ENVIRONMENT = join(import.meta.dirname, '..', '..', '.cache', 'moto');

/** A running moto server. */
export interface Moto {
  /** `http://127.0.0.1:PORT`, without a slash at its end. */
  url: string;
  stop(): Promise<void>;
}

/** Installs moto, pinned, under `.cache/`; does nothing when it is there. Returns the path of its Python. */
export function installMoto(): Promise<string> {
  return installPythonEnvironment(ENVIRONMENT, REQUIREMENTS);
}

/** Starts moto on a free loopback port. It holds nothing, and accepts every key. */
export async function startMoto(): Promise<Moto> {
  const python = await installMoto();
  const server = await startServer({
    name: 'moto',
    command: python,
    args: ['-m', 'moto.server', '--host', '127.0.0.1', '--port', '0'],
    env: { PATH: process.env.PATH, HOME: process.env.HOME, PYTHONUNBUFFERED: '1' },
    readyWhen: /Running on (http:\/\/127\.0\.0\.1:\d+)/,
  });
  return { url: server.ready[1] ?? '', stop: () => server.stop() };
}
