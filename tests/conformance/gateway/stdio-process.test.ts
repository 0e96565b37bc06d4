import { spawn } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const SERVER = fileURLToPath(new URL('./stdio-server.ts', import.meta.url));

describe('a gateway on stdio', () => {
  it('writes nothing but JSON-RPC to stdout, logs to stderr, and exits when its input ends [gateway.stdout-belongs-to-mcp] [gateway.no-secrets-in-logs]', async () => {
    const child = spawn(process.execPath, [SERVER], { stdio: 'pipe' });
    const errors = text(child.stderr);
    const lines: string[] = [];
    const reader = createInterface({ input: child.stdout });
    const answered = Promise.withResolvers<void>();
    reader.on('line', (line) => {
      lines.push(line);
      if (lines.length === 2) answered.resolve();
    });
    const send = (message: object) => child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
    send({
      id: 1,
      method: 'initialize',
      params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'raw', version: '1' } },
    });
    send({ method: 'notifications/initialized' });
    child.stdin.write('this is no JSON\n');
    send({ id: 2, method: 'tools/call', params: { name: 'fail', arguments: { code: 'bug' } } });
    await answered.promise;
    child.stdin.end();
    const [code] = (await once(child, 'exit')) as [number];
    expect(code).toBe(0);
    expect(lines.map((line) => (JSON.parse(line) as { id: number }).id)).toEqual([1, 2]);
    const logged = (await errors)
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { msg: string });
    expect(logged.map(({ msg }) => msg)).toContain('a call failed inside Headgate');
    expect(await errors).toContain('postgres://[redacted]@db/prod');
    expect(await errors).not.toContain('hunter2');
  });
});
