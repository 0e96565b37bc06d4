import { z } from 'zod';
import { loadReports } from '../../../insight/index.ts';
import { applicationInput } from '../parameters.ts';
import { defineSparkTool, loadApplication } from '../spark-history.ts';

export const getReportView = defineSparkTool({
  name: 'get_report_view',
  title: 'Get the report of an application for its view',
  description: 'For the report view only.',
  risk: 'read',
  toolsets: ['spark-history', 'spark-history-compact'],
  audience: 'view',
  input: z.object(applicationInput),
  output: z.object({ report: z.record(z.string(), z.unknown()) }),
  handler: async (input, context) => {
    const [{ application, notes }, { buildReport, COMPACT_LIMITS }] = await Promise.all([
      loadApplication(input, context),
      loadReports(),
    ]);
    return {
      report: { ...buildReport(application, { limits: COMPACT_LIMITS, notes, prices: context.prices ?? null }) },
    };
  },
  renderText: () => 'The report is shown in its view.',
});
