import { describe, expect, it } from 'vitest';
import { metricText } from './metric-text.ts';

const TASK = { value: 9, stageId: 3, attemptId: 1, taskId: 42 };
const text = (type: string, values: readonly number[], largest = true) =>
  metricText(type, Float64Array.from(values), largest ? TASK : undefined);

describe('metricText', () => {
  it('adds sums up, with separators [history-rest-model.sql]', () => {
    expect(text('sum', [1, 0, 1_234_567])).toBe('1,234,568');
    expect(text('sum', [])).toBe('0');
  });

  it.each([
    [0, '0.0 B'],
    [2047, '2047.0 B'],
    [2048, '2.0 KiB'],
    [2 ** 21, '2.0 MiB'],
    [2 ** 21 - 1, '2048.0 KiB'],
    [3 * 2 ** 30 + 2 ** 29, '3.5 GiB'],
    [9 * 2 ** 40, '9.0 TiB'],
    [2 ** 52, '4.0 PiB'],
  ])('shows %i bytes as %s [history-rest-model.sql]', (bytes, shown) => {
    expect(text('size', [bytes])).toBe(shown);
  });

  it.each([
    [0, '0 ms'],
    [999, '999 ms'],
    [1_000, '1.0 s'],
    [1_250, '1.3 s'],
    [59_949, '59.9 s'],
    [59_999, '60.0 s'],
    [60_000, '1.0 m'],
    [3_599_999, '60.0 m'],
    [3_600_000, '1.00 h'],
    [9_123_456, '2.53 h'],
  ])('shows %i ms as %s [history-rest-model.sql]', (ms, shown) => {
    expect(text('timing', [ms])).toBe(shown);
    expect(text('nsTiming', [ms * 1_000_000 + 999_999])).toBe(shown);
  });

  it('names the task of the largest value, and counts tasks that reported nothing as 0 [history-rest-model.sql]', () => {
    expect(text('timing', [30, 0, 10, 1_200])).toBe(
      'total (min, med, max (stageId: taskId))\n1.2 s (0 ms, 30 ms, 1.2 s (stage 3.1: task 42))',
    );
    expect(text('size', [1, 2], false)).toBe(
      'total (min, med, max (stageId: taskId))\n3.0 B (1.0 B, 2.0 B, 2.0 B (driver))',
    );
    expect(text('timing', [-1, 5])).toBe('5 ms');
  });

  it('shows averages as a tenth of what is kept, without zeros [history-rest-model.sql]', () => {
    expect(text('average', [0, 10, 25])).toBe('(min, med, max (stageId: taskId)):\n(1, 2.5, 2.5 (stage 3.1: task 42))');
    expect(text('average', [0, 0])).toBe('0');
    expect(text('average', [123_455])).toBe('12,345.5');
  });

  it('says of metrics of data sources what a server without their classes says [history-rest-model.sql]', () => {
    expect(text('v2Custom_com.example.Offsets', [1, 2])).toBe('N/A');
    expect(text('v2Custom_org.apache.spark.sql.execution.datasources.v2.python.PythonCustomMetric', [4096])).toBe(
      '4.0 KiB',
    );
    expect(text('unheard-of', [1_000, 2_000])).toBe(
      'total (min, med, max (stageId: taskId))\n[unknown] 3,000 ([unknown] 1,000, [unknown] 2,000, [unknown] 2,000 (stage 3.1: task 42))',
    );
  });
});
