export { type UnusualRun, unusualRuns } from './anomalies.ts';
export type { Difference } from './change-causes.ts';
export { FEWEST_RUNS, type History } from './changes.ts';
export { nextAt, parseTimeOfDay, type TimeOfDay } from './deadline.ts';
export { FEWEST_FORECAST_RUNS, type Forecast, forecastRun, isFullForecast } from './forecast.ts';
export { type ApplicationJudgement, judgeApplication, type RecordedRun, type Regression } from './regressions.ts';
export { type Trend, theilSen } from './theil-sen.ts';
