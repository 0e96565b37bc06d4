import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installPythonEnvironment } from './python-environment.ts';

const FOLDER = fileURLToPath(new URL('../../.cache/peer-mcp-server', import.meta.url));

/**
 * The MCP server that others put in front of a Spark History Server (PyPI `mcp-apache-spark-history-server`): the client
 * that has to work with our REST unchanged, and the one that throughput is measured beside. It asks for Python 3.12 and
 * runs on 3.11. Returns its command.
 */
export async function installPeerMcpServer(): Promise<string> {
  const python = await installPythonEnvironment(FOLDER, [
    '--ignore-requires-python',
    'mcp-apache-spark-history-server==1.0.2',
    'mcp==1.26.0',
  ]);
  return join(python, '..', 'spark-mcp');
}
