import { HeadgateError } from '../kernel/errors.ts';
import { nearest } from '../kernel/nearest.ts';
import type { OperationsPort } from '../kernel/operation.ts';
import type { PipelinePlatforms, PipelineRecord, PipelineRunRecord, PipelinesPort } from '../kernel/pipelines.ts';
import { defineTool } from '../kernel/tool.ts';
import type { PipelineRunner } from './run/pipeline-runner.ts';

/** What the tools of this room work with. */
export interface PipelineDependencies {
  readonly store: PipelinesPort;
  readonly runner: PipelineRunner;
  readonly platforms: PipelinePlatforms;
  readonly operations: OperationsPort;
  /** Epoch ms. */
  readonly clock: () => number;
  /** Says that a tenant's pipelines changed. */
  readonly changed: (tenant: string) => void;
}

/** Declares a tool of this room. */
export const definePipelineTool = defineTool<PipelineDependencies>();

/** A pipeline by its id or name. Errors: `not_found` with the nearest names. */
export async function requirePipeline(store: PipelinesPort, tenant: string, idOrName: string): Promise<PipelineRecord> {
  const found = await store.find(tenant, idOrName);
  if (found !== null && found.deletedAt === null) return found;
  const known = await store.list(tenant);
  const [{ id, name } = {}] = known.filter((one) => nearest(idOrName, [one.id, one.name]).length > 0);
  throw new HeadgateError('not_found', `There is no pipeline ${JSON.stringify(idOrName.slice(0, 200))}.`, {
    hint: id === undefined ? 'list_pipelines lists those that there are.' : `Did you mean ${id} (${name})?`,
    details: {
      nearest: nearest(
        idOrName,
        known.flatMap((one) => [one.id, one.name]),
      ),
    },
  });
}

/** A run by its id. Errors: `not_found`. */
export async function requireRun(store: PipelinesPort, tenant: string, id: string): Promise<PipelineRunRecord> {
  const found = await store.run(tenant, id);
  if (found !== null) return found;
  const { runs } = await store.runs(tenant, { limit: 50 });
  throw new HeadgateError('not_found', `There is no execution ${JSON.stringify(id.slice(0, 200))}.`, {
    hint: 'list_pipeline_runs lists those that there are.',
    details: {
      nearest: nearest(
        id,
        runs.map((run) => run.id),
      ),
    },
  });
}

/** RFC 3339 of epoch ms. */
export const timeOf = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());
