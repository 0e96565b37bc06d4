import type {
  Application,
  Environment,
  Executor,
  Job,
  PlanNode,
  SqlExecution,
  Stage,
  StoredRdd,
  StreamingQuery,
} from '../model/application.ts';
import { once } from '../model/once.ts';
import { TaskTable } from '../model/task-table.ts';
import type { Redactor } from './redactor.ts';

type Texts = Readonly<Record<string, string>>;

/** The application with every text that the log told masked; numbers, ids and times are as they were. Shares what has no text. */
export function redactApplication(application: Application, redactor: Redactor): Application {
  const { user, name, environment, tasks } = application;
  return {
    ...application,
    name: redactor.text(name),
    user: redactor.user(user),
    environment: redactEnvironment(environment, redactor),
    jobs: application.jobs.map((job) => redactJob(job, redactor)),
    stages: application.stages.map((stage) => redactStage(stage, redactor)),
    tasks: new TaskTable({
      columns: tasks.columns,
      executorIds: tasks.executorIds,
      hosts: tasks.hosts.map(redactor.host),
      errors: tasks.errors.map(redactor.error),
    }),
    executors: application.executors.map((executor) => redactExecutor(executor, redactor)),
    processes: application.processes.map((process) => ({
      ...process,
      hostPort: redactor.address(process.hostPort),
      logUrls: mapValues(process.logUrls, redactor.text),
    })),
    sqlExecutions: application.sqlExecutions.map((execution) => redactSql(execution, redactor)),
    streamingQueries: application.streamingQueries.map((query) => redactStreaming(query, redactor)),
    rdds: application.rdds.map((rdd) => redactRdd(rdd, redactor)),
  };
}

function redactEnvironment(environment: Environment, { property, text }: Redactor): Environment {
  const properties = (group: Texts) =>
    Object.fromEntries(Object.entries(group).map(([key, value]) => [key, property(key, value)]));
  return {
    ...environment,
    jvm: properties(environment.jvm),
    spark: properties(environment.spark),
    hadoop: properties(environment.hadoop),
    system: properties(environment.system),
    metrics: properties(environment.metrics),
    resourceProfiles: environment.resourceProfiles.map((profile) => ({
      ...profile,
      executorResources: profile.executorResources.map((request) => ({
        ...request,
        discoveryScript: text(request.discoveryScript),
      })),
    })),
    classpath: Object.fromEntries(Object.entries(environment.classpath).map(([path, origin]) => [text(path), origin])),
  };
}

function redactJob(job: Job, redactor: Redactor): Job {
  return {
    ...job,
    name: redactor.text(job.name),
    description: orNull(job.description, redactor.sql),
    group: orNull(job.group, redactor.text),
    tags: job.tags.map(redactor.text),
    error: orNull(job.error, redactor.error),
    killedReasons: mapKeys(job.killedReasons, redactor.error),
  };
}

function redactStage(stage: Stage, redactor: Redactor): Stage {
  return {
    ...stage,
    name: redactor.text(stage.name),
    details: redactor.text(stage.details),
    description: orNull(stage.description, redactor.sql),
    schedulingPool: redactor.text(stage.schedulingPool),
    failureReason: orNull(stage.failureReason, redactor.error),
    killedReasons: mapKeys(stage.killedReasons, redactor.error),
    accumulators: stage.accumulators.map((accumulator) => ({
      ...accumulator,
      name: redactor.text(accumulator.name),
      text: redactor.value(accumulator.text),
      value: typeof accumulator.value === 'string' ? redactor.value(accumulator.value) : accumulator.value,
    })),
  };
}

function redactExecutor(executor: Executor, redactor: Redactor): Executor {
  return {
    ...executor,
    host: redactor.host(executor.host),
    hostPort: redactor.address(executor.hostPort),
    removeReason: orNull(executor.removeReason, redactor.error),
    attributes: Object.fromEntries(
      Object.entries(executor.attributes).map(([key, value]) => [key, redactor.property(key, value)]),
    ),
    logUrls: mapValues(executor.logUrls, redactor.text),
  };
}

/** Plans are masked when they are first looked at: reading them out of the log takes longer than everything else here. */
function redactSql(execution: SqlExecution, redactor: Redactor): SqlExecution {
  const text = once(() => redactor.plan(execution.physicalPlanText));
  const plan = once(() => (execution.plan === null ? null : redactPlan(execution.plan, redactor)));
  const initialPlan = once(() => {
    const { initialPlan: initial } = execution;
    if (initial === null) return null;
    return initial === execution.plan ? plan() : redactPlan(initial, redactor);
  });
  return {
    executionId: execution.executionId,
    rootExecutionId: execution.rootExecutionId,
    queryId: execution.queryId,
    description: redactor.sql(execution.description),
    details: redactor.text(execution.details),
    submissionTime: execution.submissionTime,
    completionTime: execution.completionTime,
    status: execution.status,
    error: orNull(execution.error, redactor.error),
    loggedError: orNull(execution.loggedError, redactor.error),
    jobIds: execution.jobIds,
    stageIds: execution.stageIds,
    planUpdateCount: execution.planUpdateCount,
    modifiedConfigs: Object.fromEntries(
      Object.entries(execution.modifiedConfigs).map(([key, value]) => [key, redactor.property(key, value)]),
    ),
    get physicalPlanText() {
      return text();
    },
    get plan() {
      return plan();
    },
    get initialPlan() {
      return initialPlan();
    },
    get metricValues() {
      return execution.metricValues;
    },
  };
}

/** Metadata that tells where and how a scan reads; the other metadata are expressions. */
const SCAN_FACTS: ReadonlySet<string> = new Set(['Format', 'Batched', 'Location', 'ReadSchema', 'Bucketed']);

function redactPlan(node: PlanNode, redactor: Redactor): PlanNode {
  return {
    ...node,
    name: redactor.operator(node.name),
    simpleString: redactor.plan(node.simpleString),
    metadata: Object.fromEntries(
      Object.entries(node.metadata).map(([key, value]) => [
        key,
        SCAN_FACTS.has(key) ? redactor.text(value) : redactor.plan(value),
      ]),
    ),
    children: node.children.map((child) => redactPlan(child, redactor)),
  };
}

function redactStreaming(query: StreamingQuery, redactor: Redactor): StreamingQuery {
  return { ...query, name: orNull(query.name, redactor.text), error: orNull(query.error, redactor.error) };
}

/** A cached table is named by its plan. */
function redactRdd(rdd: StoredRdd, redactor: Redactor): StoredRdd {
  return {
    ...rdd,
    name: /#\d/.test(rdd.name) ? redactor.plan(rdd.name) : redactor.text(rdd.name),
    distribution: rdd.distribution.map((place) => ({ ...place, address: redactor.address(place.address) })),
  };
}

function orNull(text: string | null, mask: (text: string) => string): string | null {
  return text === null ? null : mask(text);
}

function mapValues(texts: Texts, mask: (text: string) => string): Texts {
  return Object.fromEntries(Object.entries(texts).map(([key, value]) => [key, mask(value)]));
}

function mapKeys(counts: Readonly<Record<string, number>>, mask: (text: string) => string): Record<string, number> {
  const masked: Record<string, number> = {};
  for (const [key, count] of Object.entries(counts)) masked[mask(key)] = (masked[mask(key)] ?? 0) + count;
  return masked;
}
