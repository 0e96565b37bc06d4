import { loadReportPages } from '../../../insight/index.ts';
import { RawContents } from '../../../kernel/content.ts';
import type { Resource } from '../../../kernel/resource.ts';

/** Where clients that show pages find the report. */
export const REPORT_PAGE_URI = 'ui://headgate/report.html';

/** The page that a client shows beside `get_job_bottlenecks`. The same for every caller: it asks for the report itself. */
export const reportPage: Resource = {
  name: 'report-page',
  title: 'Report of a Spark application',
  description: 'Findings, timeline, stages, tasks, executors and plans as a page for clients that show MCP Apps.',
  uriTemplate: REPORT_PAGE_URI,
  mimeType: 'text/html;profile=mcp-app',
  page: { border: true, copies: true },
  read: async () => new RawContents((await loadReportPages()).renderApp()),
};
