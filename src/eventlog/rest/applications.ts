import type { EpochMs } from '../model/application.ts';
import { gmt, type Json, type JsonRecord } from './json.ts';

/** One attempt of an application as a list knows it. */
export interface ListedAttempt {
  readonly appId: string;
  readonly attemptId: string | null;
  readonly name: string;
  readonly user: string | null;
  readonly sparkVersion: string | null;
  readonly startTime: EpochMs | null;
  readonly endTime: EpochMs | null;
  readonly completed: boolean;
  readonly lastUpdated: EpochMs;
  readonly exitCode: number | null;
  readonly sourceName: string;
  readonly sourcePath: string;
}

/** An application with its attempts, the latest first. */
export interface ListedApplication {
  readonly appId: string;
  readonly attempts: readonly ListedAttempt[];
}

/** What `/applications` is asked for. Times are epoch ms, both ends included. */
export interface ApplicationFilter {
  /** Null stands for an empty value, which matches nothing. */
  readonly statuses: ReadonlyArray<'COMPLETED' | 'RUNNING' | null>;
  readonly minDate: EpochMs;
  readonly maxDate: EpochMs;
  readonly minEndDate: EpochMs;
  readonly maxEndDate: EpochMs;
  readonly limit: number | null;
  /** Now. */
  readonly now: EpochMs;
}

/** What Spark says for a time that it does not know. */
const NO_TIME: EpochMs = -1;

/** Attempts as applications, in the order of the History Server: by the end of the latest attempt, the last one first, equal ones by id backwards; those that run come last. */
export function groupAttempts(attempts: Iterable<ListedAttempt>): ListedApplication[] {
  const byId = Map.groupBy(attempts, ({ appId }) => appId);
  const applications = [...byId].map(([appId, own]) => ({ appId, attempts: own.toSorted(latestFirst) }));
  const endOf = ({ attempts: [latest] }: ListedApplication): number => endTimeOf(latest as ListedAttempt);
  return applications.sort((a, b) => endOf(b) - endOf(a) || (a.appId < b.appId ? 1 : -1));
}

/** `/applications`. */
export function renderApplications(applications: readonly ListedApplication[], filter: ApplicationFilter): Json {
  const wanted = applications.filter((application) => matches(application, filter));
  return wanted.slice(0, Math.max(0, filter.limit ?? wanted.length)).map(renderApplication);
}

/** `/applications/{id}`. */
export function renderApplication({ appId, attempts }: ListedApplication): Json {
  return { id: appId, name: attempts[0]?.name ?? '', attempts: attempts.map(renderAttempt) };
}

/** `/applications/{id}/{attempt}`. */
export function renderAttempt(attempt: ListedAttempt): JsonRecord {
  const startTime = attempt.startTime ?? NO_TIME;
  const endTime = endTimeOf(attempt);
  return {
    attemptId: attempt.attemptId,
    startTime: gmt(startTime),
    endTime: gmt(endTime),
    lastUpdated: gmt(attempt.lastUpdated),
    duration: endTime === NO_TIME ? 0 : endTime - startTime,
    sparkUser: attempt.user,
    completed: attempt.completed,
    appSparkVersion: attempt.sparkVersion ?? '',
    exitCode: attempt.exitCode,
    logSourceName: attempt.sourceName,
    logSourceFullPath: attempt.sourcePath,
    startTimeEpoch: startTime,
    endTimeEpoch: endTime,
    lastUpdatedEpoch: attempt.lastUpdated,
  };
}

const endTimeOf = (attempt: ListedAttempt): EpochMs => (attempt.completed ? (attempt.endTime ?? NO_TIME) : NO_TIME);

function latestFirst(a: ListedAttempt, b: ListedAttempt): number {
  const byStart = (b.startTime ?? NO_TIME) - (a.startTime ?? NO_TIME);
  return byStart || (b.attemptId ?? '').localeCompare(a.attemptId ?? '', 'en', { numeric: true });
}

/** As ApplicationListResource of Spark 4.3: the latest attempt tells whether an application runs; any attempt may be in the span. */
function matches({ attempts }: ListedApplication, filter: ApplicationFilter): boolean {
  const running = attempts[0]?.completed !== true;
  if (filter.statuses.length > 0 && !filter.statuses.includes(running ? 'RUNNING' : 'COMPLETED')) return false;
  return attempts.some((attempt) => {
    const start = attempt.startTime ?? NO_TIME;
    if (start < filter.minDate || start > filter.maxDate) return false;
    if (running) return filter.maxEndDate > filter.now;
    const end = endTimeOf(attempt);
    return end >= filter.minEndDate && end <= filter.maxEndDate;
  });
}
