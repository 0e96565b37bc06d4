/** One run of Headgate: the query's result into an Arrow file, as `execute_spark_sql` writes it. Prints milliseconds and bytes as JSON. */
import { rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { performance } from 'node:perf_hooks';
import { writeResult } from '../../src/connectors/spark/sql/write-result.ts';
import { connectSpark } from '../../src/spark-connect/index.ts';

const [remote = '', sql = '', path = ''] = process.argv.slice(2);
const { signal } = new AbortController();
const spark = connectSpark({ remote });
await spark.run('SELECT 1');
const idle = process.memoryUsage.rss();
const cpu = process.cpuUsage();
const from = performance.now();
const target = { folder: dirname(path), format: 'arrow', limit: null, signal } as const;
const written = await writeResult(await spark.query(sql, { signal }), target);
const ms = performance.now() - from;
const { user, system } = process.cpuUsage(cpu);
const peak = process.resourceUsage().maxRSS * 1024;
await rename(written.path, path);
await spark.close();
console.log(JSON.stringify({ ms, peak, idle, rows: written.rows, cpu: (user + system) / 1000 }));
