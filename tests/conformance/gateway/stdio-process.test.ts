import { spawn } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';
import { createInterface } from 'node:readline';
import type { Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';

const SERVER = fileURLToPath(new URL('./stdio-server.ts', import.meta.url));

/** What a server says in reply to one line. */
interface Answer {
  readonly id: number | null;
  readonly error?: { readonly code: number; readonly message: string };
}

/** A server on its own stdio that has been initialized. */
interface Session {
  readonly input: Writable;
  send(message: object): void;
  /** Resolves to everything said so far when that many lines were. */
  answers(count: number): Promise<Answer[]>;
  /** Closes the input; resolves to the exit code and what was logged. */
  end(): Promise<{ code: number; errors: string; log: Array<{ level: number; msg: string }> }>;
}

async function startSession(): Promise<Session> {
  const child = spawn(process.execPath, [SERVER], { stdio: 'pipe' });
  onTestFinished(() => void child.kill());
  const errors = text(child.stderr);
  const lines: Answer[] = [];
  const reader = createInterface({ input: child.stdout });
  reader.on('line', (line) => lines.push(JSON.parse(line) as Answer));
  const session: Session = {
    input: child.stdin,
    send: (message) => child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`),
    async answers(count) {
      while (lines.length < count) await once(reader, 'line');
      return lines;
    },
    async end() {
      child.stdin.end();
      const [code] = (await once(child, 'exit')) as [number];
      const logged = (await errors).trimEnd().split('\n');
      return { code, errors: await errors, log: logged.map((line) => JSON.parse(line)) };
    },
  };
  const clientInfo = { name: 'raw', version: '1' };
  const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo };
  session.send({ id: 1, method: 'initialize', params });
  session.send({ method: 'notifications/initialized' });
  await session.answers(1);
  return session;
}

/** Pino's number of `warn`. */
const WARNING = 40;

const NO_MESSAGE = 'The message is not a JSON-RPC 2.0 message.';

describe('a gateway on stdio', () => {
  it('writes nothing but JSON-RPC to stdout, logs to stderr, and exits when its input ends [gateway.stdout-belongs-to-mcp] [gateway.no-secrets-in-logs]', async () => {
    const session = await startSession();
    session.input.write('this is no JSON\n');
    session.send({ id: 2, method: 'tools/call', params: { name: 'fail', arguments: { code: 'bug' } } });
    expect((await session.answers(3)).map(({ id }) => id)).toEqual([1, null, 2]);
    const { code, errors, log } = await session.end();
    expect(code).toBe(0);
    expect(log.map(({ msg }) => msg)).toContain('a call failed inside Headgate');
    expect(errors).toContain('postgres://[redacted]@db/prod');
    expect(errors).not.toContain('hunter2');
  });

  it.each([
    ['no JSON', 'garbage', null, -32700, 'The message is not JSON: send one message a line.'],
    ['no UTF-8', Buffer.of(0x22, 0xff, 0x22), null, -32700, 'The message is not UTF-8.'],
    ['a batch', '[]', null, -32600, 'Batches are not supported: send one message a line.'],
    ['null', 'null', null, -32600, NO_MESSAGE],
    ['a request of no version', '{"id":7,"method":"ping"}', 7, -32600, NO_MESSAGE],
    ['a call of 11 MB', callOf(11_000_000), null, -32600, 'The message is longer than 10485760 bytes.'],
  ])('answers %s with an error, warns, and goes on [gateway.stdio-survives-garbage]', async (...row) => {
    const [, line, id, code, message] = row;
    const session = await startSession();
    session.input.write(line);
    session.input.write('\n\n');
    session.send({ id: 3, method: 'ping' });
    expect((await session.answers(3)).slice(1)).toEqual([
      { jsonrpc: '2.0', id, error: { code, message } },
      { jsonrpc: '2.0', id: 3, result: {} },
    ]);
    const ended = await session.end();
    expect(ended.code).toBe(0);
    const warnings = ended.log.filter(({ level }) => level >= WARNING);
    expect(warnings.map(({ msg }) => msg)).toEqual([`MCP over stdio: ${message}`]);
  });

  it('does not answer a broken response, which could go on for ever [gateway.stdio-survives-garbage]', async () => {
    const session = await startSession();
    session.send({ id: null, error: { code: -32600, message: 'no' } });
    session.send({ id: 3, method: 'ping' });
    expect((await session.answers(2)).map(({ id }) => id)).toEqual([1, 3]);
    expect((await session.end()).log.filter(({ level }) => level >= WARNING)).toHaveLength(1);
  });
});

function callOf(bytes: number): string {
  return JSON.stringify({ jsonrpc: '2.0', id: 2, method: 'tools/call', params: { name: 'x'.repeat(bytes) } });
}
