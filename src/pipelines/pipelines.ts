import { randomUUID } from 'node:crypto';
import type { Configuration } from '../kernel/config.ts';
import type { Connector } from '../kernel/connector.ts';
import type { OperationsPort } from '../kernel/operation.ts';
import type { PipelinePlatforms, PipelinesPort } from '../kernel/pipelines.ts';
import { bindTool, type ToolDefinition } from '../kernel/tool.ts';
import { ChangeSignal } from './change-signal.ts';
import { dataPipelineTemplate } from './prompts/data-pipeline-template.ts';
import { activePipelines } from './resources/active-pipelines.ts';
import { PipelineRunner } from './run/pipeline-runner.ts';
import { beginDueRuns } from './schedule/scheduler.ts';
import type { PipelineDependencies } from './tool-dependencies.ts';
import { cancelPipelineRun } from './tools/cancel-pipeline-run.ts';
import { createEtlPipeline } from './tools/create-etl-pipeline.ts';
import { deletePipeline } from './tools/delete-pipeline.ts';
import { executePipeline } from './tools/execute-pipeline.ts';
import { getPipeline } from './tools/get-pipeline.ts';
import { getPipelineStatus } from './tools/get-pipeline-status.ts';
import { listPipelineRuns } from './tools/list-pipeline-runs.ts';
import { listPipelines } from './tools/list-pipelines.ts';
import { pausePipeline } from './tools/pause-pipeline.ts';
import { updatePipeline } from './tools/update-pipeline.ts';

/** How long others believe that a process which no longer says so works on a run. Milliseconds. */
const LEASE_MS = 20_000;
/** Between two looks at what is due. Milliseconds. */
const TICK_MS = 5_000;

const TOOLS = [
  createEtlPipeline,
  executePipeline,
  getPipelineStatus,
  listPipelines,
  getPipeline,
  updatePipeline,
  pausePipeline,
  cancelPipelineRun,
  listPipelineRuns,
  deletePipeline,
] as const;

/** What the room gets from outside. */
export interface PipelinesDependencies {
  /** Now, epoch ms. */
  readonly clock: () => number;
  readonly store: PipelinesPort;
  readonly platforms: PipelinePlatforms;
  readonly operations: OperationsPort;
  /** Told what goes wrong while nobody waits for it. */
  readonly report: (message: string, error: unknown) => void;
  readonly leaseMs?: number;
  readonly tickMs?: number;
}

/** The room as a connector, and its scheduler. */
export interface Pipelines extends Connector {
  /** Begins what is due from now on, where the configuration wants that of this process. For processes that serve. */
  start(): void;
}

/** Pipelines: their tools, resources and runs. It schedules nothing until `start`. */
export function createPipelines(config: Configuration['pipelines'], dependencies: PipelinesDependencies): Pipelines {
  const { clock, store, platforms, operations, report, leaseMs = LEASE_MS, tickMs = TICK_MS } = dependencies;
  const changes = new ChangeSignal();
  const changed = (tenant: string) => changes.tell(tenant);
  const parts = { store, platforms, operations, clock, report, leaseMs, changed, owner: randomUUID() };
  const runner = new PipelineRunner({ ...parts, maxRuns: config.maxRuns });
  const tools: PipelineDependencies = { store, runner, platforms, operations, clock, changed };
  let timer: NodeJS.Timeout | undefined;
  let round = Promise.resolve();
  let busy = false;

  const tick = (): void => {
    if (busy) return;
    busy = true;
    round = beginDueRuns({ store, runner, clock, report })
      .catch((error: unknown) => report('Pipelines that are due could not be looked for.', error))
      .finally(() => {
        busy = false;
      });
  };

  return {
    id: 'pipelines',
    platform: 'headgate',
    tools: TOOLS.map((definition) => bindTool(definition as unknown as ToolDefinition<PipelineDependencies>, tools)),
    resources: [activePipelines({ store, changes, report })],
    prompts: [dataPipelineTemplate(platforms)],
    health: async () => [],
    start() {
      if (!config.scheduler || timer !== undefined) return;
      timer = setInterval(tick, tickMs);
      timer.unref();
      tick();
    },
    async close() {
      clearInterval(timer);
      await round;
    },
  };
}
