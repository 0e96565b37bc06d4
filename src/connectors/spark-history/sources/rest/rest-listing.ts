import type { LogHeadline, LogRef } from '../../../../eventlog/index.ts';
import { HeadgateError } from '../../../../kernel/errors.ts';
import { labelLog } from '../../../../kernel/log-text.ts';
import type { SourceListing } from '../../log-reader.ts';
import { attemptPath } from './application-from-rest.ts';
import { hasStatus, type RestClient } from './rest-client.ts';
import { WireApplication, WireApplications, type WireAttempt } from './wire.ts';

/** Which attempt of which application a log is of. */
export interface AttemptName {
  readonly appId: string;
  readonly attemptId: string | null;
}

/** What tells the state of an attempt from the next, epoch ms: `LogRef.modifiedMs`. */
export type StateOf = (attempt: WireAttempt) => number;

/** The applications that a server lists, as logs: one for each attempt, addressed as the REST addresses it. */
export class RestListing {
  readonly #client: RestClient;
  readonly #address: string;
  readonly #stateOf: StateOf;
  #headlines = new Map<string, LogHeadline>();

  /** `address` is what the source is named by; it may be another than where the server is asked. */
  constructor(client: RestClient, address: string, stateOf: StateOf) {
    this.#client = client;
    this.#address = address;
    this.#stateOf = stateOf;
  }

  /** Every attempt of every application. */
  async findLogs({ signal }: { readonly signal?: AbortSignal }): Promise<SourceListing> {
    const applications = await this.#client.json({ path: 'applications', signal }, WireApplications);
    this.#headlines = new Map();
    return { logs: applications.flatMap((application) => this.#logsOf(application)), ignored: [] };
  }

  /** The present state of an attempt. Errors: `not_found` when the server does not list it any more. */
  async refresh(log: LogRef, { signal }: { readonly signal?: AbortSignal }): Promise<LogRef> {
    const application = await this.#ask(log, signal);
    const same = application === null ? undefined : this.#logsOf(application).find(({ path }) => path === log.path);
    if (same !== undefined) return same;
    throw new HeadgateError('not_found', `The server does not list ${labelLog(log.path)} any more.`, {
      hint: 'list_applications shows what it has: a History Server removes old logs, and a UI ends with its application.',
    });
  }

  /** What the listing tells of an attempt; nothing else is asked. */
  async readHeadline(log: LogRef, { signal }: { readonly signal?: AbortSignal } = {}): Promise<LogHeadline> {
    if (!this.#headlines.has(log.path)) await this.refresh(log, signal === undefined ? {} : { signal });
    return this.#headlines.get(log.path) as LogHeadline;
  }

  /** The attempt behind the address of a log. */
  nameOf(log: LogRef): AttemptName {
    const [appId = '', attemptId] = log.path
      .slice(`${this.#address}/applications/`.length)
      .split('/')
      .map((part) => decodeURIComponent(part));
    return { appId, attemptId: attemptId ?? null };
  }

  async #ask(log: LogRef, signal: AbortSignal | undefined) {
    const path = attemptPath(this.nameOf(log).appId, null);
    try {
      return await this.#client.json({ path, signal }, WireApplication);
    } catch (error) {
      if (hasStatus(error, [404])) return null;
      throw error;
    }
  }

  #logsOf(application: WireApplication): LogRef[] {
    return application.attempts.map((attempt) => {
      const { id: appId, name } = application;
      const { attemptId, completed } = attempt;
      const path = `${this.#address}/${attemptPath(appId, attemptId)}`;
      this.#headlines.set(path, {
        appId,
        attemptId,
        name: name === '' ? appId : name,
        user: attempt.sparkUser === '' ? null : attempt.sparkUser,
        sparkVersion: attempt.appSparkVersion === '' ? null : attempt.appSparkVersion,
        startTime: attempt.startTime,
        endTime: completed ? attempt.endTime : null,
        completed,
        exitCode: null,
        lastJobFailed: null,
      });
      return {
        path,
        kind: 'single',
        files: [],
        inProgress: !completed,
        // The REST does not tell sizes.
        sizeBytes: 0,
        modifiedMs: this.#stateOf(attempt),
        missing: [],
        compacted: false,
        appIdHint: appId,
        attemptIdHint: attemptId,
      };
    });
  }
}
