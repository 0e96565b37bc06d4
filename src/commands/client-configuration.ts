import type { Configuration } from '../kernel/config.ts';
import type { Launcher } from './invocation.ts';

/** What MCP clients take as `mcpServers`. */
export interface ClientConfiguration {
  readonly stdio: { mcpServers: { headgate: { command: string; args: string[]; env?: Record<string, string> } } };
  readonly http: { mcpServers: { headgate: { type: 'http'; url: string } } };
}

/** How a running server was asked for, as far as a client that starts its own must repeat it. */
export interface ServedAs {
  /** Address without path, such as `http://127.0.0.1:8000`. */
  readonly url: string;
  /** True when `--event-logs` or HEADGATE_EVENT_LOGS named the logs. */
  readonly eventLogsNamed: boolean;
  /** The data folder when it is not the system's default one, else null. */
  readonly ownHome: string | null;
}

/**
 * Client configurations for this installation. Every path is absolute, and the command is Node itself: a client starts
 * its servers in any folder, with a PATH that may be empty.
 */
export function buildClientConfiguration(
  launcher: Launcher,
  configuration: Configuration,
  served: ServedAs,
): ClientConfiguration {
  const args = [launcher.path, 'serve', '--stdio'];
  if (configuration.file !== null) args.push('--config', configuration.file);
  const [source] = configuration.sparkHistory.sources;
  if (served.eventLogsNamed && source !== undefined) args.push('--event-logs', source.path);
  const env = served.ownHome === null ? {} : { env: { HEADGATE_HOME: served.ownHome } };
  return {
    stdio: { mcpServers: { headgate: { command: launcher.node, args, ...env } } },
    http: { mcpServers: { headgate: { type: 'http', url: `${served.url}/mcp` } } },
  };
}

/** What someone who just started Headgate needs to see. */
export function renderWelcome(url: string, clients: ClientConfiguration): string {
  return [
    `Headgate listens on ${url} (MCP at ${url}/mcp).`,
    '',
    'Client configuration, HTTP:',
    JSON.stringify(clients.http, null, 2),
    '',
    'Client configuration, stdio (the client starts its own Headgate):',
    JSON.stringify(clients.stdio, null, 2),
    '',
    'Then ask: "Which of my Spark applications failed, why, and what should I change first?"',
  ].join('\n');
}
