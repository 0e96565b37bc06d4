/** One run of Headgate: the query's result into an Arrow file. Prints milliseconds and peak resident bytes as JSON. */
import { createWriteStream } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { pipeline } from 'node:stream/promises';
import { arrowFile } from '../../src/connectors/spark/sql/arrow-file.ts';
import { connectSpark } from '../../src/spark-connect/index.ts';

const [remote = '', sql = '', path = ''] = process.argv.slice(2);
const spark = connectSpark({ remote });
await spark.run('SELECT 1');
const idle = process.memoryUsage.rss();
const from = performance.now();
let rows = 0;
const { chunks } = await spark.query(sql);
const counted = (count: number) => {
  rows += count;
};
await pipeline(arrowFile(chunks, counted), createWriteStream(path));
const ms = performance.now() - from;
const peak = process.resourceUsage().maxRSS * 1024;
await spark.close();
console.log(JSON.stringify({ ms, peak, idle, rows }));
