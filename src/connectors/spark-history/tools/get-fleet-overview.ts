import { z } from 'zod';
import {
  type FleetApplication,
  fleetOverview,
  type Money,
  type Offender,
  wasSummarisedOnSpark,
} from '../../../insight/index.ts';
import { labelLog } from '../../../kernel/log-text.ts';
import { tableSchema } from '../../../kernel/table.ts';
import { readRange } from '../dates.ts';
import { firstRows } from '../first-rows.ts';
import { gapsOutput } from '../gaps.ts';
import { count, optionalText } from '../parameters.ts';
import { rounded } from '../runs/describe-history.ts';
import { gapsOfRuns } from '../runs/load-runs.ts';
import { fleetEngineOf } from '../runs/summarise-on-spark.ts';
import { defineSparkTool } from '../spark-history.ts';
import { rfc3339 } from '../times.ts';

const APPLICATION_COLUMNS = [
  'application',
  'runs',
  'failed_runs',
  'last_start_time',
  'median_ms',
  'core_hours',
  'memory_gib_hours',
  'wasted_core_hours_at_most',
  'cost',
  'worst_rule',
] as const;
const OFFENDER_COLUMNS = [
  'application',
  'rule',
  'severity',
  'runs',
  'core_hours',
  'seconds',
  'app_id',
  'title',
] as const;

export const getFleetOverview = defineSparkTool({
  name: 'get_fleet_overview',
  title: 'Overview of all applications',
  description:
    'Every recurring application of a source: runs, failures, core-hours, cost, waste (an upper bound), and the worst problems of all by absolute size.',
  risk: 'read',
  toolsets: ['spark-history', 'spark-history-compact'],
  input: z.object({
    server: optionalText(),
    since: optionalText().describe('Earliest start: 2026-01-31 or RFC 3339'),
    until: optionalText(),
    engine: z.enum(['auto', 'local', 'spark']).optional().describe('Who reads the logs'),
    length: count(10),
  }),
  output: z.object({
    runs: z.number(),
    failed_runs: z.number(),
    core_hours: z.number(),
    memory_gib_hours: z.number(),
    wasted_core_hours_at_most: z.number(),
    cost: z.number().nullable(),
    wasted_cost_at_most: z.number().nullable(),
    prices: z.string().nullable(),
    applications: tableSchema(APPLICATION_COLUMNS),
    offenders: tableSchema(OFFENDER_COLUMNS),
    unread_logs: z.number(),
    summarised_on_spark: z.number(),
    gaps: gapsOutput,
  }),
  handler: async (input, { spark, prices = null, fleet, caller, signal, progress }) => {
    const listing = await spark.runs({
      server: input.server,
      ...readRange(input),
      fleet: fleetEngineOf(input.engine, fleet, caller.tenant),
      signal,
      progress,
    });
    const { total, applications, offenders } = fleetOverview(
      listing.runs.map(({ record }) => record),
      prices,
    );
    return {
      runs: total.runCount,
      failed_runs: total.failedCount,
      core_hours: rounded(total.coreHours),
      memory_gib_hours: rounded(total.memoryGibHours),
      wasted_core_hours_at_most: rounded(total.wastedCoreHours),
      cost: amountOf(total.money),
      wasted_cost_at_most: amountOf(total.wastedMoney),
      prices: total.money === null ? null : `${total.money.prices}, ${total.money.currency}`,
      applications: firstRows(applications, input.length, APPLICATION_COLUMNS, applicationCells),
      offenders: firstRows(offenders, input.length, OFFENDER_COLUMNS, offenderCells),
      unread_logs: listing.unreadCount,
      summarised_on_spark: listing.runs.filter(({ record }) => wasSummarisedOnSpark(record)).length,
      gaps: gapsOfRuns(listing),
    };
  },
});

const amountOf = (money: Money | null): number | null => (money === null ? null : rounded(money.amount));

function applicationCells(application: FleetApplication) {
  return {
    application: labelLog(application.logicalKey),
    runs: application.runCount,
    failed_runs: application.failedCount,
    last_start_time: rfc3339(application.lastStartMs),
    median_ms: application.medianDurationMs === null ? null : Math.round(application.medianDurationMs),
    core_hours: rounded(application.coreHours),
    memory_gib_hours: rounded(application.memoryGibHours),
    wasted_core_hours_at_most: rounded(application.wastedCoreHours),
    cost: amountOf(application.money),
    worst_rule: application.worst?.rule ?? null,
  };
}

function offenderCells(offender: Offender) {
  return {
    application: labelLog(offender.logicalKey),
    rule: offender.rule,
    severity: offender.severity,
    runs: offender.runCount,
    core_hours: rounded(offender.coreHours),
    seconds: rounded(offender.seconds),
    app_id: labelLog(offender.appId),
    title: offender.title,
  };
}
