import type { z } from 'zod';
import type { SparkConfiguration } from '../../../kernel/config.ts';
import { HeadgateError } from '../../../kernel/errors.ts';
import { fetchJson, fetchText } from './fetch-json.ts';
import { MasterState, WorkerState } from './wire.ts';

/** Ports of a standalone master when the configuration does not say. Source: Spark's documentation of standalone mode. */
const WEB_PORT = 8080;
const SUBMISSION_PORT = 6066;

/** A standalone master, by its web page. */
export interface Master {
  /** Base of its pages. */
  readonly url: string;
  /** Errors: `unavailable`. */
  state(signal?: AbortSignal): Promise<MasterState>;
  /** Ends an application. Errors: `unavailable`; what the master forbids is not told by it. */
  killApplication(id: string): Promise<void>;
  /** Executors of an application on workers that answer: their ids and the pages of their workers. */
  executorsOf(applicationId: string, signal?: AbortSignal): Promise<WorkerExecutor[]>;
}

/** An executor, and the worker whose page shows its logs. */
export interface WorkerExecutor {
  readonly id: string;
  readonly worker: string;
}

/** The master of a configuration; null when there is none. */
export function createMaster({ masterUrl, master }: Pick<SparkConfiguration, 'masterUrl' | 'master'>): Master | null {
  const url = masterUrl ?? pageOf(master, WEB_PORT);
  if (url === null) return null;
  const base = url.replace(/\/+$/, '');
  const server = `The Spark master at ${withoutUser(base)}`;
  const state = async (signal?: AbortSignal) =>
    parsed(MasterState, await fetchJson({ server, url: `${base}/json/`, signal }), server);
  return {
    url: withoutUser(base),
    state,
    async killApplication(id) {
      const body = new URLSearchParams({ id, terminate: 'true' }).toString();
      await fetchText({ server, url: `${base}/app/kill/`, method: 'POST', body });
    },
    async executorsOf(applicationId, signal) {
      const { workers } = await state(signal);
      const alive = workers.filter(({ state, webuiaddress }) => state === 'ALIVE' && webuiaddress !== '');
      const found = await Promise.all(
        alive.map(({ webuiaddress }) => executorsAt(webuiaddress, applicationId, signal)),
      );
      return found.flat();
    },
  };
}

/** Address of the submission API; null when there is none. */
export function submissionUrlOf({ submissionUrl, master }: Pick<SparkConfiguration, 'submissionUrl' | 'master'>) {
  return (submissionUrl ?? pageOf(master, SUBMISSION_PORT))?.replace(/\/+$/, '') ?? null;
}

/** Checks an answer. Errors: `unavailable` for one that Spark does not send. */
export function parsed<S extends z.ZodType>(schema: S, answer: unknown, server: string): z.output<S> {
  const result = schema.safeParse(answer);
  if (result.success) return result.data;
  throw new HeadgateError('unavailable', `${server} gave an answer that Spark does not give.`, {
    hint: 'Check its address in the configuration: another server may listen there.',
    cause: result.error,
  });
}

async function executorsAt(worker: string, applicationId: string, signal?: AbortSignal): Promise<WorkerExecutor[]> {
  const server = `The Spark worker at ${worker}`;
  const { executors, finishedexecutors } = parsed(
    WorkerState,
    await fetchJson({ server, url: `${worker}/json/`, signal }),
    server,
  );
  return [...executors, ...finishedexecutors]
    .filter(({ appid }) => appid === applicationId)
    .map(({ id }) => ({ id, worker }));
}

function pageOf(master: string | null, port: number): string | null {
  const host = /^spark:\/\/(\[[^\]]+\]|[^:,/]+)/.exec(master ?? '')?.[1];
  return host === undefined ? null : `http://${host}:${port}`;
}

const withoutUser = (url: string): string => url.replace(/^([a-z]+:\/\/)[^/?#]*@/i, '$1');
