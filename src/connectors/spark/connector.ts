import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { SparkConfiguration } from '../../kernel/config.ts';
import type { Connector } from '../../kernel/connector.ts';
import type { OperationsPort } from '../../kernel/operation.ts';
import type { SecretResolver } from '../../kernel/secret-resolver.ts';
import type { SparkJobsPort } from '../../kernel/spark-jobs.ts';
import type { SqlEngine } from '../../kernel/sql-engine.ts';
import type { TracePort } from '../../kernel/trace.ts';
import { createMaster, submissionUrlOf } from './cluster/master.ts';
import { createSubmissionApi } from './cluster/submission.ts';
import { createSparkEngine } from './engine/engine.ts';
import { sparkHealth } from './health.ts';
import { JobRegistry } from './jobs/job-registry.ts';
import { Jobs } from './jobs/jobs.ts';
import { requireTenant, type SparkPlatform } from './spark.ts';
import { SparkSessions } from './sql/sessions.ts';
import { sparkSurface } from './surface.ts';

export { createLogFolder } from './jobs/submit-job.ts';

/** What the connector gets from outside. */
export interface SparkDependencies {
  /** Now, epoch ms. */
  readonly clock: () => number;
  readonly resolveSecret: SecretResolver;
  readonly operations: OperationsPort;
  readonly jobs: SparkJobsPort;
  /** Folder of its own for scripts and logs of jobs; created when needed. */
  readonly folder: string;
  readonly trace?: TracePort | undefined;
  /** Told what goes wrong while nobody waits for it. */
  readonly report: (message: string, error: unknown) => void;
  /** Variables of which jobs get those that Java, Python and Spark need; this process's own when absent. */
  readonly environment?: NodeJS.ProcessEnv | undefined;
}

/** Spark to run things on: the connector, and SQL for other rooms. */
export interface SparkConnector extends Connector {
  /** Null without Spark Connect. Errors: `permission_denied` for a tenant that may not use it. */
  engine(tenant: string): SqlEngine | null;
}

/** Jobs and SQL on Spark. Looks after jobs that a gateway before this one began; opens nothing else until it is asked. */
export function createSpark(config: SparkConfiguration, dependencies: SparkDependencies): SparkConnector {
  const { clock, resolveSecret, folder, report, environment = process.env } = dependencies;
  const sessions = new SparkSessions({ config, resolveSecret, clock });
  const master = createMaster(config);
  const submissionUrl = submissionUrlOf(config);
  const host = hostname();
  const jobs = new Jobs(
    {
      config,
      registry: new JobRegistry(dependencies.jobs, report),
      folder,
      clock,
      host,
      owner: `${host} ${process.pid} ${randomBytes(6).toString('hex')}`,
      environment,
      master,
      submissions: submissionUrl === null ? null : createSubmissionApi(submissionUrl),
      remote: () => sessions.remote(),
      report,
    },
    sessions,
  );
  const spark: SparkPlatform = { config, clock, jobs, sessions, master, resultFolder: join(folder, 'results') };
  return {
    id: 'spark',
    platform: 'spark',
    ...sparkSurface(spark),
    prompts: [],
    engine(tenant) {
      requireTenant(config, tenant);
      const { roots, home } = config;
      return sessions.isConfigured ? createSparkEngine(tenant, { sessions, roots, home, environment }) : null;
    },
    health: (signal) => sparkHealth(spark, signal),
    async close() {
      await jobs.close();
      await sessions.close();
    },
  };
}
