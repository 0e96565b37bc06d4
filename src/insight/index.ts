export { type Analysis, analyze, failureOf, type ThresholdOverrides } from './analyze.ts';
export type { RunFacts, StageLine, WorkLine } from './facts/run-facts.ts';
export { type ApplicationJson, analysisToJson } from './report/json.ts';
export { renderAnalysis } from './report/terminal.ts';
export { coreShares, coresKnown, spillShare, type TimeShare, wallShares } from './report/time-shares.ts';
