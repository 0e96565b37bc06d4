import type { Requirement } from './requirement.ts';

/** What the analysis of a run promises. */
export const requirements = [
  {
    id: 'insight.rules-have-evidence',
    behaviour:
      'Every finding has evidence with an address and numbers, and its share of the run; never NaN, never negative.',
    source: 'issue: Tools, get_job_bottlenecks',
  },
  {
    id: 'insight.rules-order-independent',
    behaviour: 'Findings do not depend on the order in which tasks were logged.',
    source: 'style: Tests',
  },
  {
    id: 'insight.thresholds-documented',
    behaviour:
      'Every threshold of a rule is a parameter with a default, a range, a unit and the source of the default.',
    source: 'style: Shapes',
  },
  {
    id: 'insight.effects-folded',
    behaviour: 'What only follows from another problem is shown as evidence under it, not as a finding of its own.',
    source: 'design: The vocabulary, Finding',
  },
  {
    id: 'insight.clean-runs-quiet',
    behaviour: 'A clean short run has neither a warning nor a critical finding.',
    source: 'evaluation: Detection',
  },
  {
    id: 'insight.incomplete-lowers-confidence',
    behaviour: 'Gaps of the log are stated, and lower the confidence of what they could explain away.',
    source: 'issue: Bad input',
  },
  {
    id: 'insight.failure-root-cause',
    behaviour: 'A failed run names what failed and quotes the root cause of its error.',
    source: 'issue: What a user gets, analyze',
  },
  {
    id: 'insight.log-text-quoted',
    behaviour: 'Text of a log in a result stands inside « » and cannot close its quotation.',
    source: 'issue: Gateway',
  },
  {
    id: 'insight.secrets-redacted',
    behaviour: 'No finding and no comparison shows a secret.',
    source: 'design: Errors',
  },
  {
    id: 'insight.time-adds-up',
    behaviour: 'The shares of wall time and of core time each add up to the whole.',
    source: 'issue: What a user gets, analyze',
  },
  {
    id: 'insight.report-one-screen',
    behaviour: 'The report of one run fits one screen: what ran, where the time went, what failed and why.',
    source: 'issue: What a user gets, analyze',
  },
  {
    id: 'insight.terminal-safe',
    behaviour: 'No control character of a log reaches the terminal.',
    source: 'issue: Bad input',
  },
  {
    id: 'insight.json-fields',
    behaviour: 'analyze --json has exactly the agreed fields.',
    source: 'issue: What a user gets, analyze',
  },
  {
    id: 'insight.plan-diff',
    behaviour:
      'Two plans are compared by structure: join strategies, exchanges, scans, pushed filters, columns, AQE; rows, bytes and time per operator.',
    source: 'issue: Tools, compare_sql_executions',
  },
  {
    id: 'insight.environments-differences-only',
    behaviour: 'Comparing environments shows what differs and counts what is equal.',
    source: 'issue: Tools, compare_job_environments',
  },
  {
    id: 'insight.runs-compared',
    behaviour: 'Two runs are compared in measures, jobs and findings that appeared or disappeared.',
    source: 'issue: Tools, compare_job_performance',
  },
  {
    id: 'insight.failure-decides-verdict',
    behaviour: 'A comparison with a failed run says so as its verdict, with the reason, whatever the durations.',
    source: 'issue: Tools, compare_job_performance',
  },
  {
    id: 'insight.bottlenecks-ranked',
    behaviour: 'Bottlenecks come worst first, each with evidence, its share of the run, and what to do.',
    source: 'issue: Tools, get_job_bottlenecks',
  },
  {
    id: 'insight.lost-tasks-unknown',
    behaviour:
      'Tasks whose ends the log lacks count neither as compute nor as idle, and findings that rest on them are silent or less sure and say why.',
    source: 'issue: Bad input',
  },
  {
    id: 'insight.sigkill-is-no-proof',
    behaviour: 'Exit code 137 is called a kill; memory is named as its cause only where the log says so.',
    source: 'issue: Tools, get_job_bottlenecks',
  },
  {
    id: 'insight.unknown-reasons-counted',
    behaviour: 'A task end with an unknown reason is counted as such and not claimed as a failure.',
    source: 'issue: Bad input',
  },
  {
    id: 'insight.unknown-events-shown',
    behaviour: 'Events of unknown kinds are counted in the report and in analyze --json.',
    source: 'issue: Bad input',
  },
  {
    id: 'insight.summary-answers',
    behaviour: 'One call answers how a run ended and why, where its time went, and which tool to call next.',
    source: 'issue: Tools, get_application_summary',
  },
  {
    id: 'insight.summary-under-1500-tokens',
    behaviour: 'The summary of a run takes less than 1,500 tokens (o200k_base), whatever the log says.',
    source: 'issue: Tools, get_application_summary',
  },
] as const satisfies readonly Requirement[];
