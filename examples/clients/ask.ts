/**
 * Asks a running Headgate over MCP why the slowest sample application is slow.
 * Needs `@modelcontextprotocol/client`. Usage: node ask.ts [http://127.0.0.1:8000]
 */
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';

const url = process.argv[2] ?? 'http://127.0.0.1:8000';
const client = new Client({ name: 'example', version: '1.0.0' });
await client.connect(new StreamableHTTPClientTransport(new URL('/mcp', url)));

const { tools } = await client.listTools();
console.log(`${tools.length} tools`);

/** The text that a model would read. A tool's error is a result too: `isError`, with a code, a message and a hint. */
async function ask(name: string, args: Record<string, unknown>): Promise<Record<string, unknown>> {
  const result = await client.callTool({ name, arguments: args });
  const [text] = result.content;
  if (text?.type === 'text') console.log(`\n${name}\n${text.text.split('\n').slice(0, 6).join('\n')}`);
  if (result.isError === true) throw new Error(`${name} failed`);
  return result.structuredContent as Record<string, unknown>;
}

const listed = await ask('list_applications', { limit: 20 });
const { columns, rows } = listed.applications as { columns: string[]; rows: unknown[][] };
const slowest = rows
  .map((row) => Object.fromEntries(columns.map((column, index) => [column, row[index]])))
  .sort((a, b) => Number(b.duration_ms) - Number(a.duration_ms))[0];
await ask('get_job_bottlenecks', { app_id: slowest?.app_id });
await client.close();
