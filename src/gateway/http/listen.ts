import type { FastifyInstance } from 'fastify';
import { HeadgateError } from '../../kernel/errors.ts';

/** An open port. */
export interface Listening {
  /** e.g. `http://127.0.0.1:8000`, `https` with TLS; MCP is at `/mcp` under it. */
  readonly url: string;
  readonly port: number;
  /** Closes it: answers that are on their way get `graceMs` to leave, one second at least. */
  close(graceMs?: number): Promise<void>;
}

/** How often connections are looked at that became idle while the port closes. Milliseconds. */
const IDLE_CHECK_MS = 20;

/** The least that responses may take to leave once the port closes. Milliseconds. */
const LAST_RESPONSES_MS = 1_000;

/** Opens the port. Errors: `failed_precondition` when it is taken or the address is not this machine's, `permission_denied` when the system forbids it. */
export async function startListening(
  app: FastifyInstance,
  { scheme, host, port }: { scheme: 'http' | 'https'; host: string; port: number },
  onClose: () => void,
): Promise<Listening> {
  try {
    await app.listen({ host, port });
  } catch (error) {
    await app.close();
    throw explain(error, host, port);
  }
  const address = app.server.address();
  const bound = typeof address === 'object' && address !== null ? address.port : port;
  return {
    url: `${scheme}://${reachableName(host)}:${bound}`,
    port: bound,
    async close(graceMs = 0) {
      onClose();
      const forced = setTimeout(() => app.server.closeAllConnections(), Math.max(graceMs, LAST_RESPONSES_MS));
      // A connection that is kept alive is idle once its last answer left: nothing else would end it.
      const idle = setInterval(() => app.server.closeIdleConnections(), IDLE_CHECK_MS);
      await app.close();
      clearTimeout(forced);
      clearInterval(idle);
    },
  };
}

/** A wildcard address is bound, not called. */
function reachableName(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}

function explain(error: unknown, host: string, port: number): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  switch (code) {
    case 'EADDRINUSE':
      return new HeadgateError('failed_precondition', `Port ${port} of ${host} is already in use.`, {
        hint: 'Choose another with --port, or stop what uses it.',
        cause: error,
      });
    case 'EACCES':
      return new HeadgateError('permission_denied', `Port ${port} of ${host} may not be opened by this user.`, {
        hint: 'Choose a port above 1023 with --port.',
        cause: error,
      });
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new HeadgateError('failed_precondition', `${host} is not an address of this machine.`, {
        hint: 'Choose one with --host; 127.0.0.1 is always there.',
        cause: error,
      });
    default:
      return error;
  }
}
