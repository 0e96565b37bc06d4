export { MARKDOWN_MARK, renderMarkdown } from './markdown.ts';
export { buildReport } from './model/build-report.ts';
export { COMPACT_LIMITS, FILE_LIMITS } from './model/limits.ts';
export { WorstReports } from './model/worst-reports.ts';
