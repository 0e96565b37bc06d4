/**
 * Texts of SQL metrics as Spark 4.3 shows them. Source: MetricUtils.stringValue, Utils.bytesToString and
 * Utils.msDurationToString.
 */

const SUFFIX = '(min, med, max (stageId: taskId))';
/** Averages are kept as ten times their value. */
const AVERAGE_BASE = 10;
const NS_PER_MS = 1_000_000;
/** Metrics of data sources name a class that aggregates them. */
const CUSTOM_PREFIX = 'v2Custom_';
/** The only class of its kind within Spark itself; of others a History Server has nothing to say. */
const PYTHON_CUSTOM = 'v2Custom_org.apache.spark.sql.execution.datasources.v2.python.PythonCustomMetric';

/** The largest value of a metric and the task that it came from. */
export interface LargestValue {
  readonly value: number;
  readonly stageId: number;
  readonly attemptId: number;
  readonly taskId: number;
}

/** Sums show no largest task. */
export const needsLargest = (type: string): boolean => type !== 'sum';

/** Text of a metric from its values over all tasks, zeros of tasks that reported none included. Sorts `values`. */
export function metricText(type: string, values: Float64Array, largest: LargestValue | undefined): string {
  if (type === PYTHON_CUSTOM) return distribution(values, bytesText, '(driver)');
  if (type.startsWith(CUSTOM_PREFIX)) return 'N/A';
  if (type === 'sum') return wholeText(sumOf(values));
  const task =
    largest === undefined ? '(driver)' : `(stage ${largest.stageId}.${largest.attemptId}: task ${largest.taskId})`;
  if (type === 'average') return averages(values, task);
  return distribution(values, FORMATS[type] ?? ((value) => `[unknown] ${wholeText(value)}`), task);
}

const FORMATS: Readonly<Record<string, (value: number) => string>> = {
  size: bytesText,
  timing: durationText,
  nsTiming: (value) => durationText(Math.trunc(value / NS_PER_MS)),
};

function averages(values: Float64Array, task: string): string {
  const valid = values.filter((value) => value > 0).sort();
  const text = (value: number | undefined) => averageText((value ?? 0) / AVERAGE_BASE);
  if (valid.length <= 1) return text(valid[0]);
  return `${SUFFIX}:\n(${text(valid[0])}, ${text(valid[valid.length >> 1])}, ${text(valid.at(-1))} ${task})`;
}

function distribution(values: Float64Array, format: (value: number) => string, task: string): string {
  const valid = values.filter((value) => value >= 0).sort();
  if (valid.length <= 1) return format(valid[0] ?? 0);
  const text = (value: number | undefined) => format(value ?? 0);
  return `total ${SUFFIX}\n${text(sumOf(valid))} (${text(valid[0])}, ${text(valid[valid.length >> 1])}, ${text(valid.at(-1))} ${task})`;
}

const sumOf = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0);

/** Made when the first number is written: the tables behind it take 14 MB. */
function lazyFormat(options: Intl.NumberFormatOptions): (value: number) => string {
  let format: Intl.NumberFormat | undefined;
  return (value) => {
    format ??= new Intl.NumberFormat('en-US', options);
    return format.format(value);
  };
}

const wholeText = lazyFormat({ maximumFractionDigits: 0 });
const averageText = lazyFormat({ maximumFractionDigits: 3, roundingMode: 'halfEven' });

const BYTE_UNITS = ['EiB', 'PiB', 'TiB', 'GiB', 'MiB', 'KiB'] as const;

/** The largest unit of which there are at least two. */
function bytesText(bytes: number): string {
  for (const [i, unit] of BYTE_UNITS.entries()) {
    const size = 2 ** ((BYTE_UNITS.length - i) * 10);
    if (bytes >= 2 * size) return `${(bytes / size).toFixed(1)} ${unit}`;
  }
  return `${bytes.toFixed(1)} B`;
}

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;

function durationText(ms: number): string {
  if (ms < SECOND_MS) return `${ms} ms`;
  if (ms < MINUTE_MS) return `${floatText(ms, SECOND_MS, 1)} s`;
  if (ms < HOUR_MS) return `${floatText(ms, MINUTE_MS, 1)} m`;
  return `${floatText(ms, HOUR_MS, 2)} h`;
}

/** A quotient of Java floats with some decimals, rounded half up from its shortest decimal form, as Java's formatter does. */
function floatText(value: number, divisor: number, decimals: number): string {
  const quotient = Math.fround(Math.fround(value) / Math.fround(divisor));
  const [whole = '0', fraction = ''] = String(quotient).split('.');
  const kept = `${whole}${fraction.padEnd(decimals, '0').slice(0, decimals)}`;
  const up = Number(fraction[decimals] ?? '0') >= 5 ? 1n : 0n;
  const digits = String(BigInt(kept) + up).padStart(decimals + 1, '0');
  return `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
}
