/**
 * `/stages` of an application with 3,200 stages over the REST of the History Server, warm: the gateway and a real History
 * Server that keeps them all, asked in turns by one client.
 * `node bench/gateway/rest-stages.ts [--calls N]` (the log of bench/eventlog, 836 MB, is grown when it is not there)
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { KEEP_EVERYTHING, startHistoryServer } from '../../tests/stack/history-server.ts';
import { growLog } from '../eventlog/grow.ts';

/** Calls that are not counted. */
const WARM_UP_CALLS = 10;

const { values } = parseArgs({ options: { calls: { type: 'string', default: '50' } } });
const calls = Number(values.calls);
const grown = growLog();
const home = mkdtempSync(join(tmpdir(), 'headgate-bench-'));
const launcher = fileURLToPath(new URL('../../bin/headgate.mjs', import.meta.url));
/** In a process of its own, as the History Server is: the client takes its share of the time elsewhere. */
const gateway = spawn(process.execPath, [launcher, 'serve', '--port', '0', '--event-logs', grown.folder], {
  env: { ...process.env, HEADGATE_HOME: home },
  stdio: ['ignore', 'pipe', 'pipe'],
});
const url = await addressOf(gateway);
const theirs = await startHistoryServer({ logDirectory: grown.folder, properties: KEEP_EVERYTHING, memory: '4g' });
try {
  await theirs.waitForApplications(1, 600_000);
  const servers = [
    { name: 'Headgate', url },
    { name: 'Spark History Server', url: theirs.url },
  ];
  for (const [what, path, encoding] of [
    ['stages', '/stages', 'identity'],
    ['stages, gzip', '/stages', 'gzip'],
    ['stages with summaries', '/stages?withSummaries=true', 'identity'],
    ['jobs', '/jobs', 'identity'],
  ] as const) {
    const times = servers.map((): number[] => []);
    const bytes = servers.map(() => 0);
    for (let call = -WARM_UP_CALLS; call < calls; call++) {
      for (const [i, server] of servers.entries()) {
        const from = performance.now();
        const response = await fetch(`${server.url}/api/v1/applications/${grown.appId}${path}`, {
          headers: { 'accept-encoding': encoding },
        });
        const body = await response.arrayBuffer();
        if (response.status !== 200) throw new Error(`${server.name} answered ${response.status}`);
        bytes[i] = body.byteLength;
        if (call >= 0) times[i]?.push(performance.now() - from);
      }
    }
    for (const [i, { name }] of servers.entries()) report(`${what}, ${name}`, times[i] ?? [], bytes[i] ?? 0);
  }
} finally {
  await theirs.stop();
  gateway.kill('SIGTERM');
  await once(gateway, 'exit');
  rmSync(home, { recursive: true, force: true });
}

/** The address that the gateway prints when it listens. */
function addressOf({ stdout, stderr }: typeof gateway): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  for (const stream of [stdout, stderr])
    stream.on('data', (text: Buffer) => {
      const found = /http:\/\/127\.0\.0\.1:\d+/.exec(text.toString());
      if (found !== null) resolve(found[0]);
    });
  return promise;
}

function report(name: string, times: number[], bytes: number): void {
  times.sort((a, b) => a - b);
  const at = (share: number) => (times[Math.floor(share * (times.length - 1))] ?? 0).toFixed(1);
  console.log(
    `${name.padEnd(44)} p50 ${at(0.5)} ms  p95 ${at(0.95)} ms  smallest ${at(0)} ms  n=${times.length}  ${(bytes / 1e6).toFixed(1)} MB`,
  );
}
