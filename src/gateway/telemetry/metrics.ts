import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Caller } from '../../kernel/caller.ts';
import type { EngineMetrics } from '../../kernel/engine-metrics.ts';
import { type Table, toTable } from '../../kernel/table.ts';

/** Seconds. From a warm call (1 ms) to the read of a very large log. */
const CALL_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** Bytes of structured JSON. The hard limit of a result, 20,000 tokens, is about 60 KB. */
const RESULT_BUCKETS = [256, 1_024, 4_096, 16_384, 32_768, 65_536, 131_072];

/** Outcomes that are no errors. */
const NO_ERRORS: ReadonlySet<string> = new Set(['ok', 'input_required', 'running']);

/** What `/metrics` shows. The engine feeds it through {@link EngineMetrics}. */
export interface Metrics {
  readonly engine: EngineMetrics;
  /** One call ended. `tool` must be the name of a tool that exists, or `unknown`. */
  callEnded(call: { tool: string; via: Caller['via']; outcome: string; seconds: number }): void;
  /** One result was handed out: bytes of its structured JSON, and whether the budget cut it. */
  resultSent(result: { tool: string; bytes: number; cut: boolean }): void;
  auditFailed(): void;
  /** Reads the number of open MCP sessions at scrape time. */
  watchSessions(count: () => number): void;
  /** The same in short, as JSON. */
  summary(): Promise<MetricsSummary>;
  /** Prometheus text. */
  render(): Promise<string>;
  readonly contentType: string;
}

/** The most important of the metrics. */
export interface MetricsSummary {
  readonly event_loop_delay_ms: { readonly mean: number; readonly p99: number; readonly max: number };
  /** Open MCP sessions of 2025-era HTTP clients. */
  readonly sessions: number;
  /** Calls since the start, most frequent first. */
  readonly calls: Table<'tool' | 'outcome' | 'count' | 'mean_ms'>;
}

/** Makes one registry with the process's own metrics in it. Nothing is global: each gateway of a process has its own. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const calls = new Histogram({
    name: 'headgate_tool_duration_seconds',
    help: 'Time of tool calls from argument check to result, by tool, outcome (ok or an error code) and face.',
    labelNames: ['tool', 'outcome', 'via'],
    buckets: CALL_BUCKETS,
    registers,
  });
  const errors = new Counter({
    name: 'headgate_errors_total',
    help: 'Calls that ended with an error, by error code.',
    labelNames: ['code'],
    registers,
  });
  const resultBytes = new Histogram({
    name: 'headgate_result_bytes',
    help: 'Size of the structured JSON of results, by tool.',
    labelNames: ['tool'],
    buckets: RESULT_BUCKETS,
    registers,
  });
  const cuts = new Counter({
    name: 'headgate_results_cut_total',
    help: 'Results that the result budget cut, by tool.',
    labelNames: ['tool'],
    registers,
  });
  const auditFailures = new Counter({
    name: 'headgate_audit_failures_total',
    help: 'Calls that could not be written to the audit log.',
    registers,
  });
  const sessions = new Gauge({
    name: 'headgate_sessions',
    help: 'Open MCP sessions of 2025-era HTTP clients.',
    registers,
  });
  let countSessions = () => 0;
  return {
    engine: createEngineMetrics(registers),
    callEnded({ tool, via, outcome, seconds }) {
      calls.observe({ tool, outcome, via }, seconds);
      if (!NO_ERRORS.has(outcome)) errors.inc({ code: outcome });
    },
    resultSent({ tool, bytes, cut }) {
      resultBytes.observe({ tool }, bytes);
      if (cut) cuts.inc({ tool });
    },
    auditFailed: () => auditFailures.inc(),
    watchSessions(count) {
      countSessions = count;
    },
    render() {
      sessions.set(countSessions());
      return registry.metrics();
    },
    summary: async () => ({
      event_loop_delay_ms: await eventLoopDelay(registry),
      sessions: countSessions(),
      calls: await callTable(calls),
    }),
    contentType: registry.contentType,
  };
}

function createEngineMetrics(registers: Registry[]): EngineMetrics {
  const reads = new Histogram({
    name: 'headgate_engine_duration_seconds',
    help: 'Time the event-log engine took to read one log, by outcome (ok or an error code).',
    labelNames: ['outcome'],
    buckets: CALL_BUCKETS,
    registers,
  });
  const bytes = new Counter({
    name: 'headgate_engine_read_bytes_total',
    help: 'Bytes of event logs on disk that the engine read.',
    registers,
  });
  const lookups = new Counter({
    name: 'headgate_engine_cache_lookups_total',
    help: 'Applications asked for, by whether they were parsed already (hit) or had to be read (miss).',
    labelNames: ['result'],
    registers,
  });
  return {
    logRead({ seconds, bytes: size, outcome }) {
      reads.observe({ outcome }, seconds);
      bytes.inc(size);
    },
    cacheLookup: (hit) => lookups.inc({ result: hit ? 'hit' : 'miss' }),
  };
}

/** Tools and outcomes that the summary names. */
const MAX_CALL_ROWS = 100;

async function eventLoopDelay(registry: Registry): Promise<MetricsSummary['event_loop_delay_ms']> {
  const msOf = async (name: string): Promise<number> => {
    const values = (await registry.getSingleMetric(`nodejs_eventloop_lag_${name}_seconds`)?.get())?.values ?? [];
    return Math.round(Number(values[0]?.value ?? 0) * 100_000) / 100 || 0;
  };
  return { mean: await msOf('mean'), p99: await msOf('p99'), max: await msOf('max') };
}

async function callTable(calls: Histogram<'tool' | 'outcome' | 'via'>): Promise<MetricsSummary['calls']> {
  const rows = new Map<string, { tool: string; outcome: string; count: number; seconds: number }>();
  for (const { metricName, labels, value } of (await calls.get()).values) {
    const { tool = '', outcome = '' } = labels as { tool?: string; outcome?: string };
    const row = rows.get(`${tool} ${outcome}`) ?? { tool, outcome, count: 0, seconds: 0 };
    if (metricName?.endsWith('_count')) row.count += value;
    else if (metricName?.endsWith('_sum')) row.seconds += value;
    rows.set(`${tool} ${outcome}`, row);
  }
  const ranked = [...rows.values()].sort((a, b) => b.count - a.count);
  const columns = ['tool', 'outcome', 'count', 'mean_ms'] as const;
  return toTable(ranked, { offset: 0, length: MAX_CALL_ROWS }, columns, ({ tool, outcome, count, seconds }) => ({
    tool,
    outcome,
    count,
    mean_ms: Math.round((1_000_000 * seconds) / Math.max(count, 1)) / 1000,
  }));
}
