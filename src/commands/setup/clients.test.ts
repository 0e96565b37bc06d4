import { describe, expect, it } from 'vitest';
import { CLIENTS, type Connection, type Machine } from './clients.ts';

const machine = (over: Partial<Machine>): Machine => ({
  platform: 'linux',
  env: {},
  home: '/homes/ada',
  exists: () => false,
  list: () => [],
  ...over,
});
const filesOn = (over: Partial<Machine>) =>
  Object.fromEntries(CLIENTS.map((client) => [client.id, client.file(machine(over))]));

describe('files of clients', () => {
  it('lie in the home folder and ~/.config on Linux [start.client-files]', () => {
    expect(filesOn({})).toEqual({
      'claude-desktop': '/homes/ada/.config/Claude/claude_desktop_config.json',
      'claude-code': '/homes/ada/.claude.json',
      cursor: '/homes/ada/.cursor/mcp.json',
      vscode: '/homes/ada/.config/Code/User/mcp.json',
      'amazon-q': '/homes/ada/.aws/amazonq/mcp.json',
      kiro: '/homes/ada/.kiro/settings/mcp.json',
    });
  });

  it('follow XDG_CONFIG_HOME and CLAUDE_CONFIG_DIR', () => {
    const files = filesOn({ env: { XDG_CONFIG_HOME: '/x', CLAUDE_CONFIG_DIR: '/c' } });
    expect(files).toMatchObject({ vscode: '/x/Code/User/mcp.json', 'claude-code': '/c/.claude.json' });
  });

  it('lie in Application Support on macOS [start.client-files]', () => {
    expect(filesOn({ platform: 'darwin', home: '/homes/ada' })).toMatchObject({
      'claude-desktop': '/homes/ada/Library/Application Support/Claude/claude_desktop_config.json',
      vscode: '/homes/ada/Library/Application Support/Code/User/mcp.json',
      cursor: '/homes/ada/.cursor/mcp.json',
    });
  });

  it('lie in APPDATA on Windows [start.client-files]', () => {
    const files = filesOn({ platform: 'win32', home: 'C:\\U\\ada', env: { APPDATA: 'D:\\Roaming' } });
    expect(files).toMatchObject({
      'claude-desktop': 'D:\\Roaming\\Claude\\claude_desktop_config.json',
      vscode: 'D:\\Roaming\\Code\\User\\mcp.json',
      kiro: 'C:\\U\\ada\\.kiro\\settings\\mcp.json',
    });
  });

  it('are those of the package where Claude Desktop is a packaged application of Windows', () => {
    const packages = 'C:\\U\\ada\\AppData\\Local\\Packages';
    const list = (folder: string) => (folder === packages ? ['Other_1', 'Claude_abc'] : []);
    expect(filesOn({ platform: 'win32', home: 'C:\\U\\ada', list })['claude-desktop']).toBe(
      `${packages}\\Claude_abc\\LocalCache\\Roaming\\Claude\\claude_desktop_config.json`,
    );
  });

  it('are the default agent’s where Amazon Q has one of its own', () => {
    const agent = '/homes/ada/.aws/amazonq/cli-agents/q_cli_default.json';
    expect(filesOn({ exists: (path) => path === agent })['amazon-q']).toBe(agent);
  });
});

describe('entries of clients', () => {
  const start = { command: '/n/node', args: ['/h/headgate.mjs', 'serve', '--stdio'], env: { HEADGATE_HOME: '/d' } };
  const entries = (connection: Connection) =>
    Object.fromEntries(CLIENTS.map((client) => [client.id, client.entry(connection)]));

  it('name the transport where the client wants it named [start.client-files]', () => {
    expect(entries({ transport: 'stdio', start })).toEqual({
      'claude-desktop': start,
      'claude-code': { type: 'stdio', ...start },
      cursor: start,
      vscode: { type: 'stdio', ...start },
      'amazon-q': start,
      kiro: start,
    });
  });

  it('have an address and headers over HTTP, but for Claude Desktop [start.client-files]', () => {
    const headers = { Authorization: 'Bearer t' };
    const url = 'http://h/mcp';
    expect(entries({ transport: 'http', url, headers })).toEqual({
      'claude-desktop': null,
      'claude-code': { type: 'http', url, headers },
      cursor: { url, headers },
      vscode: { type: 'http', url, headers },
      'amazon-q': { type: 'http', url, headers },
      kiro: { url, headers },
    });
  });
});
