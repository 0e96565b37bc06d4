import type { Configuration } from '../kernel/config.ts';
import type { Launcher } from './invocation.ts';

/** What MCP clients take as `mcpServers`. */
export interface ClientConfiguration {
  readonly http: { mcpServers: { headgate: { type: 'http'; url: string } } };
  readonly stdio: { mcpServers: { headgate: { command: string; args: string[]; env?: Record<string, string> } } };
}

/**
 * Client configurations for the server at `url` and for others like it. Every path is absolute, and the command is Node
 * itself: a client starts its servers in any folder, with a PATH that may be empty.
 */
export function buildClientConfiguration(
  launcher: Launcher,
  configuration: Configuration,
  url: string,
): ClientConfiguration {
  const { file, eventLogs, variables } = configuration;
  const args = [launcher.path, 'serve', '--stdio'];
  if (file !== null) args.push('--config', file);
  if (eventLogs !== null) args.push('--event-logs', eventLogs);
  const env = Object.keys(variables).length === 0 ? {} : { env: { ...variables } };
  return {
    http: { mcpServers: { headgate: { type: 'http', url: `${url}/mcp` } } },
    stdio: { mcpServers: { headgate: { command: launcher.node, args, ...env } } },
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
