import type { Configuration } from '../kernel/config.ts';
import type { Launcher } from './invocation.ts';

/** How a client starts Headgate. */
export interface ServerStart {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** What MCP clients take as `mcpServers`. */
export interface ClientConfiguration {
  readonly http: { mcpServers: { headgate: { type: 'http'; url: string; headers?: { Authorization: string } } } };
  readonly stdio: { mcpServers: { headgate: ServerStart } };
}

/** npm's folder of packages that `npx` fetched for one run: it empties it when it likes. */
const NPX_CACHE = /[\\/]_npx[\\/]/;

/**
 * How a client starts a Headgate that serves the same. Every path is absolute, and the command is Node itself: a client
 * starts its servers in any folder, with a PATH that may be empty. Only what `npx` fetched for one run is started by `npx`.
 */
export function startOf(launcher: Launcher, { file, eventLogs, variables }: Configuration): ServerStart {
  const fetched = NPX_CACHE.test(launcher.path);
  const args = [...(fetched ? ['--yes', 'headgate'] : [launcher.path]), 'serve', '--stdio'];
  if (file !== null) args.push('--config', file);
  if (eventLogs !== null) args.push('--event-logs', eventLogs);
  const env = Object.keys(variables).length === 0 ? {} : { env: { ...variables } };
  if (!fetched) return { command: launcher.node, args, ...env };
  // npx is a script on Windows, which only its shell starts.
  return process.platform === 'win32'
    ? { command: 'cmd', args: ['/c', 'npx', ...args], ...env }
    : { command: 'npx', args, ...env };
}

/** Client configurations for the server at `url` and for others like it. */
export function buildClientConfiguration(
  launcher: Launcher,
  configuration: Configuration,
  url: string,
): ClientConfiguration {
  // Clients get a JWT by themselves, from the issuer that the server names; a static token is to be put in.
  const headers = configuration.auth.tokens.length === 0 ? {} : { headers: { Authorization: 'Bearer TOKEN' } };
  return {
    http: { mcpServers: { headgate: { type: 'http', url: `${url}/mcp`, ...headers } } },
    stdio: { mcpServers: { headgate: startOf(launcher, configuration) } },
  };
}

/** What someone who just started a server needs to see. */
export function renderWelcome(url: string, clients: ClientConfiguration, warnings: readonly string[] = []): string {
  return [
    ...warnings.map((warning) => `WARNING: ${warning}\n`),
    `Headgate listens on ${url} (MCP at ${url}/mcp).`,
    '',
    'Client configuration, HTTP:',
    JSON.stringify(clients.http, null, 2),
    '',
    'Client configuration, stdio (the client starts a Headgate of its own):',
    JSON.stringify(clients.stdio, null, 2),
    '',
    'Then ask: "Which of my Spark applications failed, why, and what should I change first?"',
  ].join('\n');
}
