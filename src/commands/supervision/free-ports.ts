import { once } from 'node:events';
import { createServer } from 'node:net';
import { HeadgateError } from '../../kernel/errors.ts';

/** A port that something is to listen on. */
export interface WantedPort {
  /** What for, as a sentence has it: `Envoy`, `replica 2`. */
  readonly what: string;
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** What chooses another, such as `--port`. */
  readonly option: string;
}

/** The ports in the order that they were asked for, zeros replaced by free ones. Errors: `failed_precondition` naming every port that is taken and what to do. */
export async function claimPorts(wanted: readonly WantedPort[]): Promise<number[]> {
  const servers = await Promise.all(wanted.map(tryToListen));
  const ports = servers.map((server) => (server === null ? null : server.port));
  await Promise.all(servers.map((server) => server?.close()));
  const taken = wanted.filter((_one, index) => ports[index] === null);
  if (taken.length > 0) throw portsTaken(taken);
  return ports.map(Number);
}

function portsTaken(taken: readonly WantedPort[]): HeadgateError {
  const named = taken.map(({ what, port }) => `${port} (${what})`).join(', ');
  const options = [...new Set(taken.map(({ option }) => option))].join(', ');
  const [word, verb] = taken.length === 1 ? ['port', 'is'] : ['ports', 'are'];
  return new HeadgateError('failed_precondition', `The ${word} ${named} ${verb} taken.`, {
    hint: `Choose other ones with ${options}, or end what listens there: headgate status lists servers of ours, and ss -ltnp those of others.`,
    details: { ports: taken.map(({ port }) => port) },
  });
}

/** Null: the port is taken. Errors: `failed_precondition` for an address that is not this machine's, or a port that may not be opened. */
async function tryToListen({ what, host, port }: WantedPort): Promise<{ port: number; close(): Promise<void> } | null> {
  const server = createServer();
  try {
    server.listen({ host, port, exclusive: true });
    await once(server, 'listening');
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE') return null;
    throw new HeadgateError('failed_precondition', `${what} cannot listen on ${host}, port ${port}: ${message}.`, {
      hint: 'Choose another address or port; below 1024 only the administrator may.',
      cause,
    });
  }
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    async close() {
      const closed = once(server, 'close');
      server.close();
      await closed;
    },
  };
}
