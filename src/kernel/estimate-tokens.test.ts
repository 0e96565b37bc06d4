import { createHash } from 'node:crypto';
import { encode } from 'gpt-tokenizer/encoding/o200k_base';
import { describe, expect, it } from 'vitest';
import { estimateTokens } from './estimate-tokens.ts';

/** How far the estimate may be below the truth: results are cut by it, so it must not be. */
const MAX_UNDERESTIMATE = 0.03;

/** How far above, on what results are mostly made of: above it, results would be cut for nothing. */
const MAX_OVERESTIMATE = 0.25;

const hash = (seed: number) => createHash('sha256').update(String(seed)).digest('hex');
const times = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index));
const noise = (index: number, below: number) => Number.parseInt(hash(index).slice(0, 12), 16) % below;

const STAGE_TABLE = {
  columns: ['stage_id', 'attempt_id', 'name', 'status', 'duration_ms', 'input_bytes', 'gc_ratio', 'description'],
  rows: times(300, (index) => [
    index,
    0,
    'save at NativeMethodAccessorImpl.java:0',
    'COMPLETE',
    noise(index, 100_000),
    noise(index, 10_000_000_000),
    noise(index, 1_000) / 1_000,
    null,
  ]),
  total: 3_600,
  truncated: true,
  cursor: 'bzMwMA',
};

const TABULAR: Record<string, unknown> = {
  'a table of stages': STAGE_TABLE,
  'a table of numbers': times(300, (index) => [index, noise(index, 1e5), noise(index, 1e10), noise(index, 1e6)]),
  'a table of executors': times(200, (index) => [
    String(index),
    `10.0.${index % 9}.${index % 250}:7337`,
    4,
    2_147_483_648,
    true,
  ]),
  'a table of applications': times(100, (index) => [
    `application_17${index}00012345_${String(index).padStart(4, '0')}`,
    `nightly-etl ${index}`,
    '2026-08-20T10:15:30.123Z',
    'SUCCEEDED',
  ]),
  'long digits': times(300, (index) => noise(index, 1e14)),
  fractions: times(300, (index) => noise(index, 1e12) / 1e12),
  'file paths': times(
    100,
    (index) =>
      `s3a://prod-lake/warehouse/db.sales/dt=2026-08-${index % 30}/part-${index}-${hash(index).slice(0, 8)}-c000.snappy.parquet`,
  ),
  'hex digests': times(100, hash),
  UUIDs: times(100, (index) =>
    hash(index)
      .slice(0, 32)
      .replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, '$1-$2-$3-$4-$5'),
  ),
};

const randomBytes = (count: number) =>
  Buffer.concat(
    times(Math.ceil(count / 32), (index) => createHash('sha256').update(`bytes ${index}`).digest()),
  ).subarray(0, count);
const lettersOf = (alphabet: string) =>
  Array.from(randomBytes(30_000), (byte) => alphabet[byte % alphabet.length]).join('');

const RANDOM: Record<string, string> = {
  base64: randomBytes(30_000).toString('base64'),
  'base64 for URLs': randomBytes(30_000).toString('base64url'),
  'base64 in lines': JSON.stringify(randomBytes(30_000).toString('base64').replace(/.{76}/g, '$&\n')),
  'base64 of JSON': Buffer.from(JSON.stringify(STAGE_TABLE)).toString('base64'),
  'short pieces of base64': JSON.stringify(
    times(500, (index) =>
      randomBytes(16 * 501)
        .subarray(16 * index, 16 * index + 16)
        .toString('base64'),
    ),
  ),
  base32: lettersOf('ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'),
  'letters and digits': lettersOf('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'),
  'letters of both cases': lettersOf('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'),
};

const PROSE: Record<string, string> = {
  'a stack trace':
    'org.apache.spark.SparkException: Job aborted due to stage failure: Task 3 in stage 12.0 failed 4 times\n\tat org.apache.spark.sql.catalyst.expressions.UnsafeRow.copy(UnsafeRow.java:480)\n\tat org.apache.spark.sql.execution.exchange.ShuffleExchangeExec$.$anonfun$prepareShuffleDependency$14(ShuffleExchangeExec.scala:388)\n'.repeat(
      8,
    ),
  'a plan':
    'AdaptiveSparkPlan isFinalPlan=true\n+- *(3) HashAggregate(keys=[customer_id#12L], functions=[sum(amount#15)])\n   +- Exchange hashpartitioning(customer_id#12L, 200), ENSURE_REQUIREMENTS, [plan_id=123]\n'.repeat(
      8,
    ),
  'a sentence': 'One partition held most of the rows, so one task ran 42 s longer than the median. '.repeat(20),
  settings: JSON.stringify({
    'spark.sql.adaptive.coalescePartitions.enabled': 'true',
    'spark.executor.memoryOverheadFactor': '0.10',
  }).repeat(20),
  Cyrillic: 'Задача завершилась с ошибкой из-за нехватки памяти. '.repeat(20),
  Chinese: '数据倾斜导致该阶段变慢，请检查分区键。'.repeat(50),
  emoji: '🚀🔥✅❌'.repeat(50),
};

describe('estimateTokens', () => {
  it.each(Object.entries(TABULAR))(
    'is close to the truth and not below it for %s [gateway.result-budget]',
    (_what, value) => {
      const text = JSON.stringify(value);
      const truth = encode(text).length;
      const share = estimateTokens(text) / truth - 1;
      expect(share).toBeGreaterThanOrEqual(-MAX_UNDERESTIMATE);
      expect(share).toBeLessThanOrEqual(MAX_OVERESTIMATE);
    },
  );

  it.each(Object.entries(RANDOM))('is at or little above the truth for %s [gateway.result-budget]', (_what, text) => {
    const share = estimateTokens(text) / encode(text).length - 1;
    expect(share).toBeGreaterThanOrEqual(0);
    expect(share).toBeLessThanOrEqual(0.1);
  });

  it.each(Object.entries(PROSE))('is not below the truth for %s [gateway.result-budget]', (_what, text) => {
    expect(estimateTokens(text) / encode(text).length).toBeGreaterThanOrEqual(1 - MAX_UNDERESTIMATE);
  });

  it('is nothing for nothing', () => {
    expect(estimateTokens('')).toBe(0);
  });
});
