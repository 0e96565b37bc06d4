import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { DelegateBackoff, handleWhen, retry } from 'cockatiel';
import { type Dispatcher, request } from 'undici';
import type { z } from 'zod';
import { HeadgateError, throwIfCancelled } from '../../../../kernel/errors.ts';
import { createDispatcher, type Reach } from './dispatcher.ts';
import {
  type Asked,
  cutFault,
  faultOfAnswer,
  faultOfConnection,
  garbageFault,
  isWebPage,
  RestFault,
  tooLargeFault,
  webPageFault,
} from './rest-fault.ts';
import type { OpenSession, RestSession } from './rest-session.ts';

/** Largest answer that is read as JSON: a V8 string holds 512 MB, and the values take several times as much. */
const MAX_JSON_BYTES = 256 * 1024 * 1024;
/** Characters of a bad answer that are looked at. */
const MAX_TEXT_BYTES = 4096;
/** Attempts after the first one. */
const RETRIES = 3;
/** First wait between attempts, ms; doubled each time. */
const BACKOFF_MS = 250;
/** A server that asks for a longer wait is not waited for, ms. */
const MAX_WAIT_MS = 10_000;
const MAX_REDIRECTS = 3;

/** What a client is made of. */
export interface RestClientParts {
  /** Name of the source, for errors. */
  readonly name: string;
  readonly session: RestSession;
  readonly reach: Reach;
  /** Headers that pass the present trace on. */
  readonly traceHeaders?: (() => Record<string, string>) | undefined;
  /** First wait between attempts, ms. */
  readonly backoffMs?: number | undefined;
}

/** A question to the REST of Spark. */
export interface RestQuestion {
  /** Beneath `/api/v1/`, each part encoded. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean>>;
  readonly signal?: AbortSignal | undefined;
}

type Answer = Dispatcher.ResponseData;

/**
 * Asks one server that speaks the REST of the Spark History Server. Broken connections, 429 and 502–504 are asked again
 * a few times; credentials that are refused are fetched anew once.
 *
 * Errors of all questions, each naming the source and what to do: `permission_denied`, `not_found`, `unavailable`,
 * `deadline_exceeded`, `resource_exhausted`, `failed_precondition`, `cancelled`; `details.status` where there was an answer.
 */
export class RestClient {
  readonly #parts: RestClientParts;
  #dispatcher: Promise<Dispatcher> | null = null;
  #bytesRead = 0;

  constructor(parts: RestClientParts) {
    this.#parts = parts;
  }

  /** Bytes of all answers so far. */
  get bytesRead(): number {
    return this.#bytesRead;
  }

  /** Asks for JSON of a shape. */
  async json<S extends z.ZodType>(question: RestQuestion, schema: S): Promise<z.output<S>> {
    return this.#ask(question, async (answer, asked) => {
      const contentType = String(answer.headers['content-type'] ?? '');
      const text = await readText(answer, asked, MAX_JSON_BYTES);
      this.#bytesRead += text.length;
      if (isWebPage(contentType, text)) throw webPageFault(asked);
      const parsed = schema.safeParse(parseJson(text, asked));
      if (parsed.success) return parsed.data;
      const issue = parsed.error.issues[0];
      const place = issue?.path.map(String).join('.') ?? '';
      throw garbageFault(asked, `${place === '' ? 'the answer' : place} is not of the kind that is expected there`);
    });
  }

  /** Writes an answer into a file, in place of what is there. Errors besides: of the file. */
  async download(question: RestQuestion, file: string, options: { readonly maxBytes: number }): Promise<number> {
    return this.#ask(question, async (answer, asked) => {
      if (isWebPage(String(answer.headers['content-type'] ?? ''), '')) throw webPageFault(asked);
      let bytes = 0;
      const counted = async function* () {
        for await (const chunk of answer.body) {
          bytes += (chunk as Buffer).length;
          if (bytes > options.maxBytes) throw tooLargeFault(asked, options.maxBytes);
          yield chunk as Buffer;
        }
      };
      await pipeline(counted, createWriteStream(file, { mode: 0o600 }));
      this.#bytesRead += bytes;
      return bytes;
    });
  }

  /** Gives the connections back; what is still asked fails. */
  async close(): Promise<void> {
    const dispatcher = await this.#dispatcher?.catch(() => null);
    this.#dispatcher = null;
    await dispatcher?.destroy();
  }

  async #ask<T>(question: RestQuestion, read: (answer: Answer, asked: Asked) => Promise<T>): Promise<T> {
    const { backoffMs = BACKOFF_MS } = this.#parts;
    const policy = retry(
      handleWhen((error) => error instanceof RestFault && error.again && (error.waitMs ?? 0) <= MAX_WAIT_MS),
      {
        maxAttempts: RETRIES,
        backoff: new DelegateBackoff(({ attempt, result }) => {
          const fault = 'error' in result && result.error instanceof RestFault ? result.error : null;
          return fault?.waitMs ?? backoffMs * 2 ** (attempt - 1);
        }),
      },
    );
    try {
      return await policy.execute(() => this.#attempt(question, read, true), question.signal);
    } catch (error) {
      throwIfCancelled(question.signal);
      throw error instanceof RestFault ? error.error : error;
    }
  }

  async #attempt<T>(
    question: RestQuestion,
    read: (answer: Answer, asked: Asked) => Promise<T>,
    mayRenew: boolean,
  ): Promise<T> {
    throwIfCancelled(question.signal);
    const { session, name, reach } = this.#parts;
    const open = await session.open(question.signal);
    const asked = { name, base: open.base, path: question.path, timeoutMs: reach.timeoutMs };
    try {
      return await this.#send(question, open, asked, read);
    } catch (error) {
      throwIfCancelled(question.signal);
      const fault = error instanceof RestFault ? error : faultOfConnection(asked, error);
      if (fault === null) throw error;
      if (fault.refused && mayRenew && (await session.renew(open, question.signal))) {
        return this.#attempt(question, read, false);
      }
      throw fault;
    }
  }

  async #send<T>(
    { path, query = {}, signal }: RestQuestion,
    open: OpenSession,
    asked: Asked,
    read: (answer: Answer, asked: Asked) => Promise<T>,
  ): Promise<T> {
    this.#dispatcher ??= createDispatcher(this.#parts.name, this.#parts.reach);
    const dispatcher = await this.#dispatcher.catch((error: unknown) => {
      this.#dispatcher = null;
      throw error;
    });
    let url = new URL(`${open.base}/api/v1/${path}`);
    for (const [key, value] of Object.entries(query)) url.searchParams.set(key, String(value));
    for (let redirects = 0; ; redirects++) {
      const headers = {
        accept: 'application/json, application/octet-stream',
        ...this.#parts.traceHeaders?.(),
        ...open.headers,
      };
      const answer = await request(url, { dispatcher, headers, signal: signal ?? null });
      if (answer.statusCode === 200) return await read(answer, asked);
      const next = redirectWithin(url, answer);
      const text = (await readStart(answer)).trim();
      if (next === null || redirects >= MAX_REDIRECTS) throw badAnswer(asked, answer, text);
      url = next;
    }
  }
}

/** Where an answer sends to, when it is the same host: credentials go nowhere else. */
function redirectWithin(from: URL, answer: Answer): URL | null {
  const location = answer.headers.location;
  if (![301, 302, 307, 308].includes(answer.statusCode) || typeof location !== 'string') return null;
  if (!URL.canParse(location, from.href)) return null;
  const to = new URL(location, from.href);
  const samePlace = to.hostname === from.hostname && to.pathname.includes('/api/v1/');
  const noLessSafe = to.origin === from.origin || (from.protocol === 'http:' && to.protocol === 'https:');
  return samePlace && noLessSafe ? to : null;
}

function badAnswer(asked: Asked, answer: Answer, text: string): RestFault {
  const header = (name: string): string | null => {
    const value = answer.headers[name];
    return typeof value === 'string' ? value : null;
  };
  return faultOfAnswer(
    asked,
    {
      status: answer.statusCode,
      contentType: header('content-type') ?? '',
      text,
      retryAfter: header('retry-after'),
      location: header('location'),
    },
    Date.now(),
  );
}

async function readText(answer: Answer, asked: Asked, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of answer.body) {
    chunks.push(chunk as Buffer);
    bytes += (chunk as Buffer).length;
    if (bytes > maxBytes) throw tooLargeFault(asked, maxBytes);
  }
  return Buffer.concat(chunks, bytes).toString('utf8');
}

/** The beginning of a body; the rest of a long one is not waited for. */
async function readStart(answer: Answer): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of answer.body) {
    chunks.push(chunk as Buffer);
    bytes += (chunk as Buffer).length;
    if (bytes > MAX_TEXT_BYTES) break;
  }
  return Buffer.concat(chunks).toString('utf8', 0, MAX_TEXT_BYTES);
}

function parseJson(text: string, asked: Asked): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    // The message of a SyntaxError repeats what it could not read.
    const cut = /^\s*[[{]/.test(text) && /end of JSON|Unterminated/.test(String(cause));
    throw cut ? cutFault(asked, 'it ends in the middle') : garbageFault(asked, 'it is no JSON');
  }
}

/** Whether an error says that the server answered with one of these statuses. */
export function hasStatus(error: unknown, statuses: readonly number[]): boolean {
  return error instanceof HeadgateError && statuses.includes(error.details?.status as number);
}
