import { posix, win32 } from 'node:path';
import type { ServerStart } from '../client-configuration.ts';

/** The machine whose clients are configured. */
export interface Machine {
  readonly platform: NodeJS.Platform;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The user's home folder. */
  readonly home: string;
  exists(path: string): boolean;
  /** Names in a folder; none when there is no such folder. */
  list(folder: string): readonly string[];
}

/** How a client reaches Headgate: by starting it, or at the address of a server that runs. */
export type Connection =
  | { readonly transport: 'stdio'; readonly start: ServerStart }
  | { readonly transport: 'http'; readonly url: string; readonly headers?: Readonly<Record<string, string>> };

/** An MCP client whose configuration file Headgate can write. */
export interface McpClient {
  readonly id: string;
  readonly title: string;
  /** The member of its file that holds servers by name. */
  readonly key: 'mcpServers' | 'servers';
  /** Absolute path of the file that holds for all of this user's projects. */
  file(machine: Machine): string;
  /** The value under the server's name; null when its file knows no such connection. */
  entry(connection: Connection): Record<string, unknown> | null;
  /** What to do until it sees the change. */
  readonly afterwards: string;
}

/** Name of the entry in every client's file. */
export const ENTRY = 'headgate';

/** Forms of an entry: whether the transport is named, or told by the members. */
const untyped = (connection: Connection) =>
  connection.transport === 'stdio'
    ? { ...connection.start }
    : { url: connection.url, ...(connection.headers === undefined ? {} : { headers: connection.headers }) };
const typed = (connection: Connection) => ({ type: connection.transport, ...untyped(connection) });

/**
 * The clients, as their documentation of autumn 2026 has them:
 * modelcontextprotocol.io/docs/develop/connect-local-servers, code.claude.com/docs/en/mcp, cursor.com/docs/mcp,
 * code.visualstudio.com/docs/agents/reference/mcp-configuration, aws/amazon-q-developer-cli docs/agent-format.md and
 * docs/default-agent-behavior.md, kiro.dev/docs/mcp/configuration.
 */
export const CLIENTS: readonly McpClient[] = [
  {
    id: 'claude-desktop',
    title: 'Claude Desktop',
    key: 'mcpServers',
    file: claudeDesktopFile,
    entry: (connection) => (connection.transport === 'stdio' ? untyped(connection) : null),
    afterwards: 'Quit Claude Desktop and start it again.',
  },
  {
    id: 'claude-code',
    title: 'Claude Code',
    key: 'mcpServers',
    file: (machine) => {
      const { CLAUDE_CONFIG_DIR: folder } = machine.env;
      return pathOf(machine).join(folder || machine.home, '.claude.json');
    },
    entry: typed,
    afterwards: 'Start a new session of Claude Code; /mcp lists it.',
  },
  {
    id: 'cursor',
    title: 'Cursor',
    key: 'mcpServers',
    file: (machine) => pathOf(machine).join(machine.home, '.cursor', 'mcp.json'),
    entry: untyped,
    afterwards: 'Switch it on in Cursor Settings, MCP, when Cursor asks.',
  },
  {
    id: 'vscode',
    title: 'VS Code',
    key: 'servers',
    file: (machine) => pathOf(machine).join(applicationFolder(machine), 'Code', 'User', 'mcp.json'),
    entry: typed,
    afterwards: 'Start it with "MCP: List Servers" in VS Code.',
  },
  {
    id: 'amazon-q',
    title: 'Amazon Q CLI',
    key: 'mcpServers',
    file: (machine) => {
      const folder = pathOf(machine).join(machine.home, '.aws', 'amazonq');
      const agent = pathOf(machine).join(folder, 'cli-agents', 'q_cli_default.json');
      // The built-in default agent reads mcp.json; an agent of this name takes its place.
      return machine.exists(agent) ? agent : pathOf(machine).join(folder, 'mcp.json');
    },
    entry: (connection) => (connection.transport === 'stdio' ? untyped(connection) : typed(connection)),
    afterwards: 'Start a new chat of Amazon Q.',
  },
  {
    id: 'kiro',
    title: 'Kiro',
    key: 'mcpServers',
    file: (machine) => pathOf(machine).join(machine.home, '.kiro', 'settings', 'mcp.json'),
    entry: untyped,
    afterwards: 'Kiro connects as soon as the file is saved.',
  },
];

/** The paths of a platform, whichever this process runs on. */
function pathOf({ platform }: Machine) {
  return platform === 'win32' ? win32 : posix;
}

/** Where desktop applications keep their settings. */
function applicationFolder(machine: Machine): string {
  const { platform, env, home } = machine;
  const { join } = pathOf(machine);
  if (platform === 'win32') return env.APPDATA || join(home, 'AppData', 'Roaming');
  if (platform === 'darwin') return join(home, 'Library', 'Application Support');
  return env.XDG_CONFIG_HOME || join(home, '.config');
}

const CLAUDE_DESKTOP_FILE = 'claude_desktop_config.json';

/**
 * As a packaged application of Windows (MSIX, since 2026) Claude Desktop sees a folder of its package in place of APPDATA:
 * github.com/anthropics/claude-code/issues/26073.
 */
function claudeDesktopFile(machine: Machine): string {
  const { join } = pathOf(machine);
  if (machine.platform === 'win32') {
    const packages = join(machine.env.LOCALAPPDATA || join(machine.home, 'AppData', 'Local'), 'Packages');
    const found = machine.list(packages).find((name) => name.startsWith('Claude_'));
    if (found !== undefined) return join(packages, found, 'LocalCache', 'Roaming', 'Claude', CLAUDE_DESKTOP_FILE);
  }
  return join(applicationFolder(machine), 'Claude', CLAUDE_DESKTOP_FILE);
}
