import type { PipelineRecord, PipelineRunRecord, PipelinesPort } from '../../kernel/pipelines.ts';
import { label } from '../../kernel/quote.ts';
import type { Resource } from '../../kernel/resource.ts';
import type { ChangeSignal } from '../change-signal.ts';
import { readDetail } from '../run/detail.ts';
import { timeOf } from '../tool-dependencies.ts';

/** Runs and schedules that are shown. */
const MAX_SHOWN = 50;
/** Between two looks at runs of other processes. Milliseconds. */
const LOOK_MS = 2_000;

/** What the resource reads. */
export interface ActivePipelinesParts {
  readonly store: PipelinesPort;
  readonly changes: ChangeSignal;
  readonly report: (message: string, error: unknown) => void;
}

/** Runs that go on and those that are due next. */
export function activePipelines(parts: ActivePipelinesParts): Resource {
  return {
    name: 'active-pipelines',
    title: 'Active pipelines',
    description: 'Runs of pipelines that go on, with their step, and the schedules that are due next.',
    uriTemplate: 'pipelines://active',
    mimeType: 'application/json',
    list: async () => [{ uri: 'pipelines://active', name: 'Active pipelines' }],
    read: (_variables, { caller }) => readActive(parts.store, caller.tenant),
    watch: (_variables, { tenant }, changed) => watchActive(parts, tenant, changed),
  };
}

async function readActive(store: PipelinesPort, tenant: string) {
  const [{ runs, total }, pipelines] = await Promise.all([
    store.runs(tenant, { states: ['queued', 'running'], limit: MAX_SHOWN }),
    store.list(tenant),
  ]);
  const names = new Map(pipelines.map(({ id, name }) => [id, label(name)]));
  const due = pipelines.filter(({ paused, dueAt }) => !paused && dueAt !== null);
  return {
    running: runs.map((run) => runningView(run, names.get(run.pipelineId) ?? null)),
    running_total: total,
    scheduled: due
      .toSorted((a, b) => (a.dueAt ?? 0) - (b.dueAt ?? 0))
      .slice(0, MAX_SHOWN)
      .map(scheduledView),
    scheduled_total: due.length,
  };
}

function runningView(run: PipelineRunRecord, name: string | null) {
  const { steps } = readDetail(run);
  return {
    execution_id: run.id,
    pipeline_id: run.pipelineId,
    name,
    state: run.state,
    trigger: run.trigger,
    started_at: timeOf(run.startedAt),
    step: steps.find(({ state }) => state === 'running')?.id ?? null,
    done: steps.filter(({ state }) => state === 'succeeded').length,
    total: steps.length,
  };
}

const scheduledView = ({ id, name, dueAt }: PipelineRecord) => ({
  pipeline_id: id,
  name: label(name),
  next_run_at: timeOf(dueAt),
});

/** Changes of this process at once, those of others when they are looked for. */
function watchActive(
  { store, changes, report }: ActivePipelinesParts,
  tenant: string,
  changed: () => void,
): () => void {
  let seen: string | null = null;
  let looking = false;
  const look = async () => {
    if (looking) return;
    looking = true;
    try {
      const now = JSON.stringify(await readActive(store, tenant));
      if (seen !== null && seen !== now) changed();
      seen = now;
    } catch (error) {
      report('Active pipelines could not be watched.', error);
    } finally {
      looking = false;
    }
  };
  const timer = setInterval(() => void look(), LOOK_MS);
  timer.unref();
  const stop = changes.listen((changedTenant) => {
    if (changedTenant === tenant) changed();
  });
  return () => {
    clearInterval(timer);
    stop();
  };
}
