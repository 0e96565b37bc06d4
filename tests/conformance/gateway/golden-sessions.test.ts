import { readFile } from 'node:fs/promises';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { StdioClientTransport as StdioV2 } from '@modelcontextprotocol/client/stdio';
import { StdioClientTransport as StdioV1 } from '@modelcontextprotocol/sdk/client/stdio.js';
import { describe, expect, it } from 'vitest';
import {
  type AnyClient,
  CLIENT_KINDS,
  type ClientKind,
  call,
  connect,
  createClient,
  createHttpTransport,
  startGateway,
} from './harness.ts';
import { recordTranscript, type TranscriptLine, toGolden } from './transcript.ts';

const SERVER = fileURLToPath(new URL('./stdio-server.ts', import.meta.url));

function createStdioTransport(kind: ClientKind): StdioV1 | StdioV2 {
  const parameters = { command: process.execPath, args: [SERVER], stderr: 'ignore' as const };
  return kind === 'sdk-v1-2025-11-25' ? new StdioV1(parameters) : new StdioV2(parameters);
}

/** One conversation that touches every part of the protocol that the gateway serves. */
async function converse(client: AnyClient): Promise<void> {
  await client.listTools();
  await call(client, 'list_rows', { total: 5, length: 2 });
  await call(client, 'list_rows', { lenght: 2 });
  await call(client, 'fail', { code: 'not_found' });
  await call(client, 'fail', { code: 'bug' });
  await call(client, 'list_row');
  await call(client, 'slow_count', { steps: 2 }, { onprogress: () => {} });
  await client.listResources();
  await client.listResourceTemplates();
  await client.readResource({ uri: 'test://things/b%20b' });
  await client.readResource({ uri: 'test://things/missing' }).catch(() => {});
  await client.listPrompts();
  await client.getPrompt({ name: 'investigate_thing', arguments: { thing: 'a' } });
  await client.complete({
    ref: { type: 'ref/prompt', name: 'investigate_thing' },
    argument: { name: 'thing', value: 'x' },
    context: { arguments: { server: 'east' } },
  });
}

async function transcriptOf(
  kind: ClientKind,
  transport: Parameters<typeof recordTranscript>[0],
): Promise<TranscriptLine[]> {
  const lines = recordTranscript(transport);
  const client = createClient(kind);
  await connect(client, transport);
  await converse(client);
  return lines;
}

describe.each(CLIENT_KINDS)('a session of %s', (kind) => {
  const golden = `./golden/${kind}.golden.json`;

  it('reads over HTTP as recorded [gateway.both-eras] [gateway.errors-structured]', async () => {
    const { url, stage } = await startGateway();
    stage.release();
    const lines = await transcriptOf(kind, createHttpTransport(kind, url) as Parameters<typeof recordTranscript>[0]);
    await expect(toGolden(lines)).toMatchFileSnapshot(golden);
  });

  it('reads the same over stdio [gateway.both-eras]', async () => {
    const lines = await transcriptOf(kind, createStdioTransport(kind) as Parameters<typeof recordTranscript>[0]);
    const recorded = JSON.parse(await readFile(new URL(golden, import.meta.url), 'utf8')) as TranscriptLine[];
    // Over stdio the client probes with a process of its own, which this transport does not see.
    const afterProbe = recorded.filter(({ message }) => (message as { id?: unknown }).id !== 'server-discover-probe-1');
    expect(JSON.parse(toGolden(lines))).toEqual(afterProbe);
  });
});
