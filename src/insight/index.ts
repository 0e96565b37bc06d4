export { type Analysis, analyze, failureOf, type ReplayCheck, type ThresholdOverrides } from './analyze.ts';
export { type ApplicationComparison, compareApplications } from './compare/applications.ts';
export { compareEnvironments, type EnvironmentComparison } from './compare/environments.ts';
export { type Compared, compareMeasures } from './compare/measures.ts';
export { diffPlans, type PlanChange, type PlanDiff } from './compare/plan-diff.ts';
export { compareStageAttempts, STAGE_QUANTILES, type StageComparison } from './compare/stages.ts';
export { judge, type Verdict } from './compare/verdict.ts';
export type { Money, RunCost } from './cost/cost.ts';
export { priceFindings } from './cost/price-findings.ts';
export { configuredPrices, PRICE_TABLES, type PriceTable } from './cost/prices.ts';
export type { Attribution, PartChange } from './evaluate/attribution.ts';
export {
  type EvaluationOptions,
  evaluateOptimization,
  type OptimizationEvaluation,
} from './evaluate/evaluate-optimization.ts';
export { effectToJson, evaluationToJson, toPart } from './evaluate/evaluation-json.ts';
export type { Explanation } from './evaluate/explanations.ts';
export { renderEvaluation } from './evaluate/render-evaluation.ts';
export { executorsOf, isDriver, isLocalMode } from './facts/capacity.ts';
export type { RunFacts, StageLine, WorkLine } from './facts/run-facts.ts';
export {
  type FleetApplication,
  type FleetOverview,
  fleetOverview,
  type Offender,
} from './fleet/overview.ts';
export { logicalName } from './history/logical-name.ts';
export type { MachineGroup, RunMeasures } from './history/run-measures.ts';
export { observationOf, type RunRecord, toRunRecord, wasSummarisedOnSpark } from './history/run-record.ts';
export { type ConfigurationLimits, strictest } from './recommend/configuration-limits.ts';
export { type Recommendation, recommendConfiguration } from './recommend/recommend-configuration.ts';
export type { Prediction } from './replay/prediction.ts';
export { type WhatIf, type WhatIfAnswer, whatIf } from './replay/what-if.ts';
export { type ApplicationJson, analysisToJson } from './report/json.ts';
export type { ReportModel } from './report/model/report-model.ts';
export { renderAnalysis } from './report/terminal.ts';
export { coreShares, coresKnown, spillShare, type TimeShare, wallShares } from './report/time-shares.ts';
export { type DocumentedRule, documentedRules } from './rules/documented-rules.ts';

/** Reports and their Markdown, loaded when the first one is made. */
export const loadReports = () => import('./report/index.ts');

/** Pages of reports, loaded when the first one is made: their scripts are large. */
export const loadReportPages = () => import('./report/html/index.ts');

/** Statistics of many runs, loaded when a history is first asked about: reports of one run do without them. */
export const loadRunStatistics = () => import('./history/index.ts');

/** Summaries of logs that Spark has read, loaded when a fleet is summarised there. */
export const loadSparkSummaries = () => import('./fleet/spark-summaries.ts');
