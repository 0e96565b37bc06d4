import { expect, it } from 'vitest';
import { logicalKey, logicalName } from './logical-name.ts';

it.each([
  ['orders-2026-02-01', 'orders-#'],
  ['orders 2026-02-01T06:00:00.123Z', 'orders #'],
  ['orders_20260201_0600', 'orders_#'],
  ['orders20260201', 'orders#'],
  ['report_20260201_3', 'report_#'],
  ['daily load 17', 'daily load #'],
  ['run-5f0c2b1e-8a44-4f1e-9d62-0c8a1f1f0b11', 'run-#'],
  ['etl-9fceb02d0ae598e9', 'etl-#'],
  ['orders 2026/02/01 shop 12', 'orders # shop #'],
  ['tpch-q1', 'tpch-q1'],
  ['stage2 of v3', 'stage2 of v3'],
  ['s3 import', 's3 import'],
  ['decade facade', 'decade facade'],
  ['', ''],
])('of "%s" is "%s" [run-history.logical-name]', (name, expected) => {
  expect(logicalName(name)).toBe(expected);
  // What an answer shows finds the same runs.
  expect(logicalName(expected)).toBe(expected);
});

it('is told apart by configured properties, where they are set [run-history.logical-name]', () => {
  const properties = { 'spark.yarn.queue': 'etl', 'spark.other': 'x' };
  expect(logicalKey('orders-1', properties, ['spark.yarn.queue', 'spark.absent'])).toBe(
    'orders-# [spark.yarn.queue=etl]',
  );
  expect(logicalKey('orders-1', properties, [])).toBe('orders-#');
});

it('masks a secret in a name [run-history.record]', () => {
  expect(logicalName('load password=hunter2-7f3a now')).not.toContain('hunter2');
});
