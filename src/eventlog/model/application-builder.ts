import type { Environment, EpochMs, ResourceProfile } from './application.ts';
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

  readonly #handlers: { readonly [T in ModelEvent['type']]: (event: Extract<ModelEvent, { type: T }>) => void } = {
    'log-start': (event) => {
      this.sparkVersion = event.sparkVersion;
    },
    'application-start': (event) => {
      if (this.started === null) this.started = event;
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
    'executor-added': (event) => this.executors.added(event),
    'executor-removed': (event) => this.executors.removed(event),
    'executor-excluded': (event) => this.executors.excluded(event),
    'executor-peaks': (event) => this.executors.peaks(event.executorId, event.peaks),
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
      this.stages.completeStage(event);
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

/** The earlier of two times, where 0 and null mean unknown. */
export function earlier(known: EpochMs | null, time: EpochMs): EpochMs | null {
  if (time <= 0) return known;
  return known === null || time < known ? time : known;
}
