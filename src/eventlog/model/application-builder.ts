import type { Environment, EpochMs, HelperProcess, ResourceProfile } from './application.ts';
import { LiveExecutors } from './live-executors.ts';
import { LiveSql, LiveStreaming } from './live-sql.ts';
import { LiveStages } from './live-stages.ts';
import type { ModelEvent } from './model-event.ts';

const EMPTY_ENVIRONMENT: Omit<Environment, 'resourceProfiles'> = {
  jvm: {},
  spark: {},
  hadoop: {},
  system: {},
  metrics: {},
  classpath: {},
};

/** Everything an application is made of while its events are applied in order. */
export class ApplicationBuilder {
  readonly stages = new LiveStages();
  readonly executors = new LiveExecutors();
  readonly sql = new LiveSql();
  readonly streaming = new LiveStreaming();
  readonly profiles = new Map<number, ResourceProfile>();
  readonly processes = new Map<string, HelperProcess>();
  environment = EMPTY_ENVIRONMENT;
  sparkVersion: string | null = null;
  started: Extract<ModelEvent, { type: 'application-start' }> | null = null;
  ended: Extract<ModelEvent, { type: 'application-end' }> | null = null;
  lastEventTime = 0;
  /** Events that came a second time and were left out. */
  duplicateEvents = 0;
  /** Id of a second application in the same log: nothing of it is taken in. */
  otherAppId: string | null = null;

  apply(event: ModelEvent): void {
    if ('time' in event && event.time !== null && event.type !== 'application-start')
      this.lastEventTime = Math.max(this.lastEventTime, event.time);
    (this.#handlers[event.type] as (event: ModelEvent) => void)(event);
  }

  #start(event: Extract<ModelEvent, { type: 'application-start' }>): void {
    this.started = event;
    if (event.driverLogUrls !== null) this.executors.driverLogs(event.driverLogUrls, event.driverAttributes);
  }

  readonly #handlers: { readonly [T in ModelEvent['type']]: (event: Extract<ModelEvent, { type: T }>) => void } = {
    'log-start': (event) => {
      this.sparkVersion = event.sparkVersion;
    },
    'application-start': (event) => {
      if (this.started === null) this.#start(event);
      else if (this.started.appId === event.appId) this.duplicateEvents += 1;
      else this.otherAppId = event.appId ?? 'unknown';
    },
    'application-end': (event) => {
      this.ended = event;
    },
    environment: (event) => {
      this.environment = event.environment;
    },
    'resource-profile': (event) => this.profiles.set(event.profile.id, event.profile),
    'executor-added': (event) =>
      this.executors.added(event, this.profiles.get(event.resourceProfileId), cpusPerTask(this.environment)),
    'executor-removed': (event) => this.executors.removed(event),
    exclusion: (event) => this.executors.exclusion(event),
    'stage-exclusion': (event) =>
      this.stages.exclude(event.stageId, event.attemptId, this.executors.stageExclusion(event)),
    'helper-process': ({ process }) => this.processes.set(process.processId, process),
    'executor-peaks': ({ executorId, stage, peaks }) => {
      this.executors.peaks(executorId, peaks);
      if (stage !== null) this.stages.peaks(stage.stageId, stage.attemptId, executorId, peaks);
    },
    'block-manager-added': (event) => this.executors.blockManagerAdded(event),
    'block-updated': (event) => this.executors.blockUpdated(event),
    unpersist: (event) => this.executors.unpersist(event.rddId),
    'job-start': (event) => this.stages.startJob(event),
    'job-end': (event) => this.stages.endJob(event),
    'stage-submitted': (event) => {
      this.stages.submitStage(event.stage, event.properties);
      this.executors.stageRdds(event.rdds);
    },
    'stage-completed': (event) => {
      this.executors.stageEnded(event.stage.stageId, this.stages.completeStage(event));
      this.lastEventTime = Math.max(this.lastEventTime, event.stage.completionTime ?? 0);
    },
    'sql-start': (event) => this.sql.start(event),
    'sql-plan-update': (event) => this.sql.updatePlan(event),
    'sql-metrics': (event) => this.sql.addMetrics(event),
    'sql-driver-metrics': (event) => this.sql.addDriverMetrics(event),
    'sql-end': (event) => this.sql.end(event),
    'query-started': (event) => this.streaming.started(event),
    'query-progress': (event) => this.streaming.progressed(event),
    'query-terminated': (event) => this.streaming.terminated(event),
  };
}

/** Cores that a task takes where its resource profile does not say. */
function cpusPerTask(environment: Omit<Environment, 'resourceProfiles'>): number {
  const cpus = Number(environment.spark['spark.task.cpus'] ?? 1);
  return Number.isInteger(cpus) && cpus > 0 ? cpus : 1;
}

/** The earlier of two times, where 0 and null mean unknown. */
export function earlier(known: EpochMs | null, time: EpochMs): EpochMs | null {
  if (time <= 0) return known;
  return known === null || time < known ? time : known;
}
