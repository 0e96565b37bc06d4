/** ETL pipelines: definitions, their runs and their schedules. */
export { createPipelines, type Pipelines, type PipelinesDependencies } from './pipelines.ts';
