import type { Application, SqlExecution } from '../../eventlog/index.ts';
import { labelLog } from '../../kernel/log-text.ts';
import { isDriver } from './capacity.ts';
import type { Run } from './run.ts';

/** Value of a Spark property as the stage's SQL execution or the application set it; null when neither says. */
export function settingOf(run: Run, key: string, execution?: SqlExecution | null): string | null {
  return execution?.modifiedConfigs[key] ?? run.application.environment.spark[key] ?? null;
}

const byId = new WeakMap<Application, ReadonlyMap<number, SqlExecution>>();

/** The SQL execution that a stage belongs to. */
export function executionOf(run: Run, sqlExecutionId: number | null): SqlExecution | null {
  if (sqlExecutionId === null) return null;
  let known = byId.get(run.application);
  if (known === undefined) {
    known = new Map(run.application.sqlExecutions.map((execution) => [execution.executionId, execution]));
    byId.set(run.application, known);
  }
  return known.get(sqlExecutionId) ?? null;
}

/** First `major.minor` of the Spark version as a number to compare, e.g. 3.5 → 305; null when unknown. */
export function sparkRelease(run: Run): number | null {
  const match = /^(\d+)\.(\d+)/.exec(run.application.sparkVersion ?? '');
  return match === null ? null : Number(match[1]) * 100 + Number(match[2]);
}

/** Whether AQE was on for an execution: on by default since Spark 3.2 (SPARK-33679). */
export function adaptiveEnabled(run: Run, execution: SqlExecution | null): boolean {
  const set = settingOf(run, 'spark.sql.adaptive.enabled', execution);
  if (set !== null) return set.toLowerCase() === 'true';
  return (sparkRelease(run) ?? 302) >= 302;
}

/** True when the plan of an execution has a node whose name matches. */
export function planHas(execution: SqlExecution | null, name: RegExp): boolean {
  const pending = execution?.plan ? [execution.plan] : [];
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    if (name.test(node.name)) return true;
    for (const child of node.children) pending.push(child);
  }
  return false;
}

/** A size property such as `4g`, `512m` or `1073741824`, in bytes; null when it cannot be read. `bareUnit` is what a number without a suffix counts. */
export function parseSize(value: string | null, bareUnit = 1): number | null {
  const match = /^(\d+(?:\.\d+)?)\s*([kmgtp]?)i?b?$/i.exec(value?.trim() ?? '');
  if (match === null) return null;
  const power = ' kmgtp'.indexOf((match[2] ?? '').toLowerCase() || ' ');
  return Number(match[1]) * (power === 0 ? bareUnit : 1024 ** power);
}

/** A setting in words: its value, or the default where nobody set it. */
export function describeSetting(run: Run, key: string, byDefault: string, execution?: SqlExecution | null): string {
  const value = settingOf(run, key, execution);
  return value === null ? `now the default, ${byDefault}` : `now ${labelLog(value)}`;
}

/** Heap when nobody says how large, MiB. Source: spark.executor.memory and spark.driver.memory, 1g. */
const DEFAULT_HEAP_MIB = 1024;

/** Twice the heap that tasks run in, as its property takes it, e.g. `8g`. */
export function doubledMemory(run: Run): string {
  const bytes = parseSize(settingOf(run, memoryKey(run)), 1024 ** 2);
  const mib = 2 * Math.max(1, Math.round((bytes ?? 0) / 1024 ** 2) || DEFAULT_HEAP_MIB);
  return mib % 1024 === 0 ? `${mib / 1024}g` : `${mib}m`;
}

/** The property that sizes the heap that tasks run in: the driver's in local mode. */
export function memoryKey(run: Run): string {
  const local = run.workers.length > 0 && run.workers.every(isDriver);
  return local ? 'spark.driver.memory' : 'spark.executor.memory';
}
