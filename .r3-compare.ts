import { mkdirSync, readdirSync, utimesSync, rmSync, statSync, mkdtempSync, cpSync } from 'node:fs';
import { join } from 'node:path';
import { createApp } from './src/app.ts';
import { loadConfiguration } from './src/configuration/index.ts';
import { ALLOWED_DIFFERENCES } from './tests/conformance/history-server/rest-differences.ts';
import { measureParity, renderParity } from './tests/conformance/history-server/rest-parity.ts';
import { KEEP_EVERYTHING, startHistoryServer } from './tests/stack/history-server.ts';
const folder = mkdtempSync('/tmp/r3/cmp-');
const names = readdirSync('/tmp/r3/logs').filter((n) => !n.startsWith('.') && !n.endsWith('.inprogress') );
let i = 0;
for (const n of names) { const to = join(folder, n); cpSync(join('/tmp/r3/logs', n), to, { recursive: true }); for (const f of statSync(to).isDirectory() ? readdirSync(to).map((x) => join(to, x)) : [to]) { if (f.endsWith('.crc')) rmSync(f); else utimesSync(f, 1_795_250_000 + i, 1_795_250_000 + i++); } }
const theirs = await startHistoryServer({ logDirectory: folder, properties: { ...KEEP_EVERYTHING, 'spark.history.retainedApplications': '100', 'spark.history.fs.logDirectory.names': 'event-logs' } });
await theirs.waitForApplications(names.length).catch((e) => console.log(e.message));
const app = await createApp(await loadConfiguration({ eventLogs: folder }, { env: { HEADGATE_HOME: mkdtempSync('/tmp/r3/home-'), LOG_LEVEL: 'silent' }, workingDirectory: '/tmp/r3' }));
const { url } = await app.gateway.listen({ host: '127.0.0.1', port: 0 });
try {
  const parity = await measureParity(theirs.url, url, ALLOWED_DIFFERENCES);
  console.log(renderParity(parity));
  for (const d of parity.differences.filter((d) => d.reason === null)) console.log(JSON.stringify(d, null, 1));
  // bytes
  const apps = (await (await fetch(theirs.url + '/api/v1/applications')).json()) as any[];
  const seen = new Set<string>();
  for (const a of apps) for (const at of a.attempts) for (const path of ['/jobs', '/stages', '/sql?length=100000', '/environment', '/allexecutors', '/stages?details=true', '/storage/rdd']) {
    const u = `/api/v1/applications/${a.id}${at.attemptId ? '/' + at.attemptId : ''}${path}`;
    const [x, y] = await Promise.all([theirs.url, url].map(async (b) => (await fetch(b + u)).text())) as [string, string];
    if (x !== y) { let k = 0; while (x[k] === y[k]) k++; console.log('BYTES', path, a.id, at.attemptId ?? '', JSON.stringify(x.slice(k - 60, k + 60)), '<>', JSON.stringify(y.slice(k - 60, k + 60))); }
  }
  // the zip
  if (process.env.ZIP) for (const a of apps) for (const at of a.attempts) { const u = `/api/v1/applications/${a.id}${at.attemptId ? '/' + at.attemptId : ''}/logs`; const [x, y] = await Promise.all([theirs.url, url].map(async (b) => { const r = await fetch(b + u); return `${r.status} ${(await r.arrayBuffer()).byteLength}`; })); console.log('zip', u, x, y); }
} finally {
  if (process.env.KEEP) { console.log(theirs.url, url); await new Promise((r) => setTimeout(r, Number(process.env.KEEP) * 1000)); }
  await app.close(); await theirs.stop(); }
