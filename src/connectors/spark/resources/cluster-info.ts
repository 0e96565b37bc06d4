import { HeadgateError } from '../../../kernel/errors.ts';
import { labelLog } from '../../../kernel/log-text.ts';
import type { Resource } from '../../../kernel/resource.ts';
import { toTable } from '../../../kernel/table.ts';
import type { MasterState } from '../cluster/wire.ts';
import { rfc3339 } from '../parameters.ts';
import { requireTenant, type SparkPlatform } from '../spark.ts';

const WORKER_COLUMNS = ['id', 'host', 'state', 'cores', 'used_cores', 'memory_mib', 'used_memory_mib'] as const;
const APPLICATION_COLUMNS = ['app_id', 'name', 'state', 'cores', 'start_time', 'duration_ms'] as const;
const SHOWN_WORKERS = 50;
const SHOWN_APPLICATIONS = 20;

/** `spark://cluster/info`: what the master and Spark Connect say of the cluster. */
export const clusterInfo = (spark: SparkPlatform): Resource => ({
  name: 'spark-cluster',
  title: 'Spark cluster',
  description: 'Version, master, workers, cores, memory and applications.',
  uriTemplate: 'spark://cluster/info',
  mimeType: 'application/json',
  list: async () => [{ uri: 'spark://cluster/info', name: 'Spark cluster' }],
  read: async (_variables, { caller, signal }) => {
    requireTenant(spark.config, caller.tenant);
    const gaps: string[] = [];
    const noted = <T>(work: Promise<T>) =>
      work.catch((error: unknown) => {
        if (!(error instanceof HeadgateError)) throw error;
        gaps.push(error.message);
        return null;
      });
    const { master, sessions } = spark;
    const [state, version] = await Promise.all([
      master === null || spark.config.master?.startsWith('local') === true ? null : noted(master.state(signal)),
      sessions.isConfigured
        ? noted(sessions.use(caller.tenant, caller.subject, (session) => session.version(signal)))
        : null,
    ]);
    return {
      spark_version: version,
      master: spark.config.master,
      ...(state === null ? {} : clusterOf(state)),
      gaps,
    };
  },
});

function clusterOf(state: MasterState) {
  const { cursor: _more, ...workers } = toTable(
    state.workers,
    { offset: 0, length: SHOWN_WORKERS },
    WORKER_COLUMNS,
    (worker) => ({
      id: worker.id,
      host: labelLog(worker.host),
      state: worker.state,
      cores: worker.cores,
      used_cores: worker.coresused,
      memory_mib: worker.memory,
      used_memory_mib: worker.memoryused,
    }),
  );
  return {
    status: state.status,
    cores: state.cores,
    used_cores: state.coresused,
    memory_mib: state.memory,
    used_memory_mib: state.memoryused,
    alive_workers: state.workers.filter((worker) => worker.state === 'ALIVE').length,
    workers,
    active_applications: applicationsOf(state.activeapps),
    completed_applications: applicationsOf(state.completedapps.toReversed()),
    active_drivers: state.activedrivers.length,
  };
}

function applicationsOf(applications: MasterState['activeapps']) {
  const { cursor: _, ...table } = toTable(
    applications,
    { offset: 0, length: SHOWN_APPLICATIONS },
    APPLICATION_COLUMNS,
    (application) => ({
      app_id: application.id,
      name: labelLog(application.name),
      state: application.state,
      cores: application.cores,
      start_time: rfc3339(application.starttime || null),
      duration_ms: application.duration,
    }),
  );
  return table;
}
