import type { ErrorCode } from '../../kernel/errors.ts';
import { HeadgateError } from '../../kernel/errors.ts';
import { oneLine } from '../../kernel/quote.ts';
import { redactText } from '../../kernel/redaction.ts';
import { Problem, ProblemDocument } from './wire.ts';

/** What one attempt met that another one soon may not meet. It stays in this room: who asked sees `error`. */
export class AgainError extends Error {
  readonly error: HeadgateError;

  constructor(error: HeadgateError) {
    super(error.message, { cause: error });
    this.error = error;
  }
}

/** Characters of a message of the control plane that are passed on. */
const MESSAGE_CHARS = 600;
/** Problems of a change that an error carries. */
const MAX_PROBLEMS = 50;

/** What a status means where the answer is no problem document. */
const CODE_OF: Readonly<Record<number, ErrorCode>> = {
  400: 'invalid_argument',
  404: 'not_found',
  409: 'failed_precondition',
  412: 'aborted',
  413: 'invalid_argument',
  422: 'invalid_argument',
  429: 'resource_exhausted',
  503: 'unavailable',
  504: 'deadline_exceeded',
};

const CODES: ReadonlySet<string> = new Set<ErrorCode>([
  'invalid_argument',
  'not_found',
  'permission_denied',
  'unavailable',
  'deadline_exceeded',
  'resource_exhausted',
  'aborted',
  'failed_precondition',
]);

/** The error of an answer with this status. */
export function errorOfAnswer(address: string, status: number, text: string): Error {
  const said = readProblem(text);
  if (status === 401) return denied(address, 'does not accept the token (401).');
  if (status === 403) return denied(address, `refuses this (403).${said === null ? '' : ` ${said.detail}`}`);
  if (said === null && !(status in CODE_OF)) return failed(address, status);
  const code = codeOf(said?.code, status);
  const error = new HeadgateError(code, said?.detail ?? `The control plane at ${address} answered ${status}.`, {
    hint: said?.hint ?? hintOf(code),
    details: { status, ...(said === null || said.problems.length === 0 ? {} : { problems: said.problems }) },
  });
  return BUSY.has(status) ? new AgainError(error) : error;
}

/** Statuses after which another attempt soon may succeed. */
const BUSY: ReadonlySet<number> = new Set([429, 502, 503, 504]);

function codeOf(said: string | undefined, status: number): ErrorCode {
  return said !== undefined && CODES.has(said) ? (said as ErrorCode) : (CODE_OF[status] ?? 'unavailable');
}

function failed(address: string, status: number): Error {
  const error = new HeadgateError('unavailable', `The control plane at ${address} failed with status ${status}.`, {
    hint: 'Look into its log; check that the address is that of a control plane.',
    details: { status },
  });
  return BUSY.has(status) ? new AgainError(error) : error;
}

/** The error of a connection that broke; what is an error already stays. `ms`: it took longer than that. */
export function errorOfConnection(address: string, error: unknown, ms: number | null): unknown {
  if (error instanceof HeadgateError || error instanceof AgainError) return error;
  if (ms !== null) {
    return new HeadgateError(
      'deadline_exceeded',
      `The control plane at ${address} did not answer within ${ms / 1000} s.`,
      {
        hint: 'Check that it runs, and the network on the way to it; gateway.timeout_s is how long it is waited for.',
        cause: error,
      },
    );
  }
  const reason = (error as NodeJS.ErrnoException).code ?? 'the connection broke';
  if (/CERT|SIGNATURE|ERR_SSL|ERR_TLS/.test(reason)) {
    return new HeadgateError('failed_precondition', `TLS with the control plane at ${address} fails: ${reason}.`, {
      hint: 'Set gateway.ca to the authority that signed its certificate, and gateway.tls where it asks for one of yours.',
      cause: error,
    });
  }
  const unavailable = new HeadgateError(
    'unavailable',
    `The control plane at ${address} cannot be reached: ${reason}.`,
    {
      hint: 'Start it with headgate control-plane or headgate up, and check gateway.url. Proxies keep what they have.',
      cause: error,
    },
  );
  return new AgainError(unavailable);
}

/** The error of an answer that a control plane does not give. */
export function garbageError(address: string, cause: unknown): HeadgateError {
  return new HeadgateError('unavailable', `${address} gave an answer that a control plane does not give.`, {
    hint: 'Check gateway.url: another server may listen there, or another version of Headgate.',
    cause,
  });
}

function denied(address: string, what: string): HeadgateError {
  return new HeadgateError('permission_denied', `The control plane at ${address} ${what}`, {
    hint: 'Set gateway.token to one that it knows, with the scope read for questions and write for changes.',
  });
}

function readProblem(text: string): { code: string; detail: string; hint?: string; problems: Problem[] } | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  const { data } = ProblemDocument.safeParse(value);
  if (data === undefined || data.detail === '') return null;
  const problems = (data.problems ?? []).slice(0, MAX_PROBLEMS).flatMap((one) => Problem.safeParse(one).data ?? []);
  return {
    code: data.code,
    detail: clean(data.detail),
    ...(data.hint === undefined ? {} : { hint: clean(data.hint) }),
    problems: problems.map((one) => ({ ...one, message: clean(one.message), path: clean(one.path) })),
  };
}

function clean(text: string): string {
  return redactText(oneLine(text)).slice(0, MESSAGE_CHARS);
}

function hintOf(code: ErrorCode): string {
  return code === 'aborted' ? 'Read what is there now, and try again.' : 'gateway_get_status says how it is.';
}
