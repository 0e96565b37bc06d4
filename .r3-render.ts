import { performance } from 'node:perf_hooks';
import { readdirSync } from 'node:fs';
import { createApp } from './src/app.ts';
import { loadConfiguration } from './src/configuration/index.ts';
import { mkdtempSync } from 'node:fs';
const app = await createApp(await loadConfiguration({ eventLogs: '/work/main/.cache/bench/grown-none' }, { env: { HEADGATE_HOME: mkdtempSync('/tmp/r3/home-'), LOG_LEVEL: 'silent' }, workingDirectory: '/tmp/r3' }));
const { url } = await app.gateway.listen({ host: '127.0.0.1', port: 0 });
const id = ((await (await fetch(url + '/api/v1/applications')).json()) as any)[0].id;
import http from 'node:http';
const agent = new http.Agent({ keepAlive: true });
const get = (path: string, encoding: string) => new Promise<number>((resolve, reject) => { http.get(`${url}/api/v1/applications/${id}${path}`, { agent, headers: { 'accept-encoding': encoding } }, (res) => { let n = 0; res.on('data', (c) => { n += c.length; }); res.on('end', () => resolve(n)); res.on('error', reject); }).on('error', reject); });
const N = Number(process.argv[2] ?? 15);
for (const enc of ['identity', 'gzip']) { for (let i = 0; i < 4; i++) await get('/stages', enc); const c = process.cpuUsage(); for (let i = 0; i < N; i++) await get('/stages', enc); const d = process.cpuUsage(c); console.log(enc, 'both sides in one process: user', (d.user / 1000 / N).toFixed(1), 'sys', (d.system / 1000 / N).toFixed(1)); }
await app.close(); process.exit(0);
