import { readFile } from 'node:fs/promises';
import { Agent, type Dispatcher, request } from 'undici';
import type { GatewayAccess } from '../kernel/config.ts';
import { type ErrorCode, HeadgateError } from '../kernel/errors.ts';

/** The REST API of a control plane, as commands use it. */
export interface ControlPlaneClient {
  readonly url: string;
  /** The JSON of an answer; null where it has no body. Errors: what the control plane says, with its problems; `unavailable` when nothing answers. */
  ask(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, options?: AskOptions): Promise<unknown>;
  close(): Promise<void>;
}

/** What goes with a request. */
export interface AskOptions {
  readonly body?: unknown;
  /** Version of the state that the change is meant for. */
  readonly ifMatch?: string | null;
  readonly signal?: AbortSignal;
}

/** Answers are pages and problem documents; whatever is longer is not a control plane of ours. Bytes. */
const MAX_ANSWER_BYTES = 256_000_000;

const CODES: ReadonlySet<string> = new Set<ErrorCode>([
  'invalid_argument',
  'not_found',
  'permission_denied',
  'unauthenticated',
  'unavailable',
  'deadline_exceeded',
  'resource_exhausted',
  'aborted',
  'failed_precondition',
  'cancelled',
  'internal',
]);

/** A client of the control plane that the configuration names; `token` is resolved. Errors: `not_found`, `permission_denied` for files of certificates. */
export async function createControlPlaneClient(
  { url, ca, client, timeoutMs }: GatewayAccess,
  token: string | null,
): Promise<ControlPlaneClient> {
  const connect = {
    ...(ca === null ? {} : { ca: await readPem('gateway.ca', ca) }),
    ...(client === null
      ? {}
      : {
          cert: await readPem('gateway.tls.certificate', client.certificate),
          key: await readPem('gateway.tls.key', client.key),
        }),
  };
  const dispatcher = new Agent({
    connect,
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    maxResponseSize: MAX_ANSWER_BYTES,
  });
  const authorization = token === null ? {} : { authorization: `Bearer ${token}` };
  return {
    url,
    async ask(method, path, { body, ifMatch, signal } = {}) {
      const answer = await request(`${url}${path}`, {
        dispatcher,
        method,
        headers: {
          accept: 'application/json',
          ...authorization,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(ifMatch === undefined || ifMatch === null ? {} : { 'if-match': `"${ifMatch}"` }),
        },
        body: body === undefined ? null : JSON.stringify(body),
        ...(signal === undefined ? {} : { signal }),
      }).catch((cause: unknown) => {
        throw unreachable(url, cause, signal);
      });
      return read(answer, `${method} ${path}`, url);
    },
    close: () => dispatcher.close(),
  };
}

async function readPem(setting: string, path: string): Promise<string> {
  return readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new HeadgateError(
      cause.code === 'ENOENT' ? 'not_found' : 'permission_denied',
      `${setting}: ${path} cannot be read.`,
      {
        hint: 'Name a PEM file that this user can read.',
        cause,
      },
    );
  });
}

function unreachable(url: string, cause: unknown, signal: AbortSignal | undefined): HeadgateError {
  if (signal?.aborted) return new HeadgateError('cancelled', 'The request was interrupted.', { cause });
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new HeadgateError('unavailable', `The control plane at ${url} does not answer: ${reason}.`, {
    hint: 'Start it with headgate up or headgate control-plane, or name another with --gateway or gateway.url.',
    cause,
  });
}

async function read(answer: Dispatcher.ResponseData, what: string, url: string): Promise<unknown> {
  const text = await answer.body.text().catch((cause: unknown) => {
    throw unreachable(url, cause, undefined);
  });
  const value = text === '' ? null : parsed(text);
  if (value === undefined)
    throw new HeadgateError(
      'unavailable',
      `${url} answered ${what} with ${answer.statusCode}, not as a control plane.`,
    );
  if (answer.statusCode < 400) return value;
  throw errorOfProblem(value, answer.statusCode, what);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The error that a problem document tells. */
function errorOfProblem(problem: unknown, status: number, what: string): HeadgateError {
  const { code, detail, hint, problems, details } = (problem ?? {}) as Readonly<Record<string, unknown>>;
  const known = typeof code === 'string' && CODES.has(code) ? (code as ErrorCode) : 'internal';
  const said = typeof detail === 'string' ? detail : `${what} was answered with status ${status}.`;
  return new HeadgateError(known, said, {
    ...(typeof hint === 'string' ? { hint } : {}),
    details: {
      status,
      ...(typeof details === 'object' ? details : {}),
      ...(problems === undefined ? {} : { problems }),
    },
  });
}
