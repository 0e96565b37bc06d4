/** How much of each list a report keeps. What is left out is counted in the report. */
export interface ReportLimits {
  readonly findings: number;
  readonly evidence: number;
  readonly jobs: number;
  readonly gaps: number;
  readonly stages: number;
  readonly distributions: number;
  readonly points: number;
  readonly bins: number;
  readonly executors: number;
  readonly plans: number;
  readonly planNodes: number;
}

/** A file of one application: its data stays under a megabyte whatever the application is. */
export const FILE_LIMITS: ReportLimits = {
  findings: 40,
  evidence: 12,
  jobs: 150,
  gaps: 100,
  stages: 150,
  distributions: 12,
  points: 240,
  bins: 120,
  executors: 40,
  plans: 8,
  planNodes: 120,
};

/** A file of several applications, and a view inside a chat: what travels as one message. */
export const COMPACT_LIMITS: ReportLimits = {
  findings: 20,
  evidence: 6,
  jobs: 80,
  gaps: 40,
  stages: 60,
  distributions: 6,
  points: 120,
  bins: 60,
  executors: 16,
  plans: 4,
  planNodes: 80,
};
