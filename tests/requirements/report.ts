import type { Requirement } from './requirement.ts';

/** What reports promise: the HTML file, the view inside chats, Markdown. */
export const requirements = [
  {
    id: 'report.views',
    behaviour:
      'One file shows findings, where the time went, timeline, stage gantt, task distribution, executor occupancy and plan graph.',
    source: 'issue: A report that people open',
  },
  {
    id: 'report.self-contained',
    behaviour: 'The file makes no request and breaks none of its own content security policy.',
    source: 'issue: one self-contained HTML file',
  },
  {
    id: 'report.bounded',
    behaviour: 'A report stays under 2 MB whatever the application is, and states what it leaves out.',
    source: 'design: Result budget',
  },
  {
    id: 'report.bad-input',
    behaviour:
      'Applications with no tasks, no times, running clocks backwards or without metrics give a report without NaN.',
    source: 'issue: Bad input',
  },
  {
    id: 'report.hostile-text',
    behaviour: 'Text of a log never becomes markup, script, link or mention in a report.',
    source: 'issue: A report that people open',
  },
  {
    id: 'report.no-script',
    behaviour: 'Findings and all tables are read without a script.',
    source: 'design: report',
  },
  {
    id: 'report.console-free',
    behaviour: 'In a real browser a report logs no error.',
    source: 'issue: Shown by',
  },
  {
    id: 'report.keyboard',
    behaviour: 'Everything in a report is reached by keyboard alone, and the focus is seen.',
    source: 'issue: Shown by',
  },
  {
    id: 'report.narrow',
    behaviour: 'At 360 pixels the page does not scroll sideways.',
    source: 'issue: Shown by',
  },
  {
    id: 'report.contrast',
    behaviour: 'Text has a contrast of at least 4.5 to 1 in the light and in the dark look.',
    source: 'design: report',
  },
  {
    id: 'report.print',
    behaviour: 'Printed, a report is light and its charts are drawn.',
    source: 'design: report',
  },
  {
    id: 'report.evidence-leads',
    behaviour: 'The address of evidence leads to the stage or plan that it names.',
    source: 'design: report',
  },
  {
    id: 'report.several',
    behaviour: 'Several applications are one file with an index, worst first.',
    source: 'design: report',
  },
  {
    id: 'report.command',
    behaviour: 'analyze writes HTML and Markdown, to a file that is no other file, or to the standard output.',
    source: 'issue: What a user gets',
  },
  {
    id: 'report.markdown',
    behaviour: 'Markdown for tickets has verdict, findings, evidence, patch, time shares and slowest stages.',
    source: 'issue: Markdown for tickets',
  },
  {
    id: 'report.view-data',
    behaviour: 'A view gets its report from a tool that models do not see.',
    source: 'issue: the same views inside chat clients as MCP Apps',
  },
  {
    id: 'report.mcp-app',
    behaviour: 'A client that shows MCP Apps shows the report beside get_job_bottlenecks, in its own theme.',
    source: 'issue: the same views inside chat clients as MCP Apps',
  },
  {
    id: 'report.mcp-app-free',
    behaviour: 'Clients that show no views are listed neither the tool of the view nor its metadata.',
    source: 'design: Result budget',
  },
] as const satisfies readonly Requirement[];
