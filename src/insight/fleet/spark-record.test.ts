import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { findLogs, readApplication } from '../../eventlog/index.ts';
import { SUMMARISED_ON_SPARK, toRunRecord } from '../history/run-record.ts';
import { parseSummary, recordOfSummary } from './spark-record.ts';

const RECORDED = fileURLToPath(new URL('./fixtures/summaries.jsonl', import.meta.url));
const REPOSITORY = new URL('../../../', import.meta.url);

interface Recorded {
  readonly log: string;
  readonly summary: string;
}

const asItIs = { appIdHint: null, attemptIdHint: null, keys: [], redact: <T>(application: T) => application };
let recorded: Map<string, Recorded>;

beforeAll(() => {
  const lines = readFileSync(RECORDED, 'utf8').trim().split('\n');
  const all = lines.map((line) => JSON.parse(line) as Recorded);
  recorded = new Map(all.map((one) => [one.log.split('/')[4] ?? '', one]));
});

async function both(name: string) {
  const { log, summary } = recorded.get(name) as Recorded;
  const { logs } = await findLogs(fileURLToPath(new URL(log, REPOSITORY)));
  const application = await readApplication(logs[0] as (typeof logs)[number], { threads: 0 });
  return { engine: toRunRecord(application), summary: parseSummary(summary) };
}

describe('a summary that Spark has made', () => {
  it.each(['busy-cluster', 'dynamic-allocation'])(
    'is what the engine makes of the same log: %s [fleet.spark-equals-local]',
    async (name) => {
      const { engine, summary } = await both(name);
      expect(recordOfSummary(summary, asItIs)).toEqual({
        ...engine,
        gaps: [SUMMARISED_ON_SPARK],
        findings: [],
        stages: [],
        plans: [],
      });
    },
  );

  it('is none of a log without an end [fleet.spark-leaves-damaged]', async () => {
    const { summary } = await both('in-progress-zstd');
    expect(recordOfSummary(summary, asItIs)).toBeNull();
  });

  it('is none of a log that lacks an event or has one twice [fleet.spark-leaves-damaged]', async () => {
    const { summary } = await both('lost-executor');
    expect(recordOfSummary(summary, asItIs)).not.toBeNull();
    const { few, tasks } = summary;
    const end = few.find((line) => line.includes('SparkListenerApplicationEnd')) ?? '';
    const damaged = [
      { ...summary, tasks: { ...tasks, first_ends: tasks.first_ends - 1 } },
      { ...summary, tasks: { ...tasks, ended_id_sum: tasks.ended_id_sum + 1 } },
      { ...summary, few: [...few, end] },
      { ...summary, few: few.filter((line) => line !== end) },
      { ...summary, few: [...few, '{"Event": NaN'] },
      { ...summary, executors: [...summary.executors, 'nobody'] },
      { ...summary, odd_jobs: 1 },
      { ...summary, odd_stages: 1 },
      { ...summary, damaged: 1 },
    ];
    for (const one of damaged) expect(recordOfSummary(one, asItIs)).toBeNull();
  });

  it('does not depend on the order in which Spark hands lines over [fleet.spark-equals-local]', async () => {
    const { engine, summary } = await both('dynamic-allocation');
    const record = recordOfSummary({ ...summary, few: summary.few.toReversed() }, asItIs);
    expect(record?.measures).toEqual(engine.measures);
  });
});
