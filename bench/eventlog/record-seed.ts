/** Records the log that `grow.ts` grows, on real Spark 4.3: `node bench/eventlog/record-seed.ts`. */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { recordApplication } from '../../tests/fixtures/spark/application-run.ts';

const SEED = fileURLToPath(new URL('./seed-4.3.jsonl.gz', import.meta.url));
const FOLDER = fileURLToPath(new URL('../../.cache/bench/seed', import.meta.url));

await recordApplication(
  {
    name: 'seed',
    spark: '4.3',
    codec: 'none',
    rolling: false,
    workload: 'wide_tasks',
    appName: 'nightly-brand-revenue',
    place: { local: 'local[2]' },
    properties: {
      'spark.sql.shuffle.partitions': '140',
      'spark.sql.adaptive.coalescePartitions.enabled': 'false',
      'spark.sql.autoBroadcastJoinThreshold': '-1',
      'spark.sql.adaptive.autoBroadcastJoinThreshold': '-1',
    },
    description: 'Tasks with many SQL metrics.',
  },
  FOLDER,
);
const [log] = readdirSync(FOLDER);
writeFileSync(SEED, gzipSync(readFileSync(join(FOLDER, log ?? '')), { level: 9 }));
rmSync(FOLDER, { recursive: true });
console.log(SEED);
