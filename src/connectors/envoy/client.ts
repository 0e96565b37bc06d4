import { readFile } from 'node:fs/promises';
import { getCACertificates } from 'node:tls';
import { ExponentialBackoff, handleType, retry } from 'cockatiel';
import { Agent, type Dispatcher, request } from 'undici';
import type { z } from 'zod';
import type { GatewayAccess } from '../../kernel/config.ts';
import { HeadgateError, throwIfCancelled } from '../../kernel/errors.ts';
import type { SecretResolver } from '../../kernel/secret-resolver.ts';
import { NO_TRACE, type TracePort } from '../../kernel/trace.ts';
import { AgainError, errorOfAnswer, errorOfConnection, garbageError } from './answer-errors.ts';

/** What a client is made of. */
export interface ClientParts {
  readonly access: GatewayAccess;
  readonly resolveSecret: SecretResolver;
  readonly trace?: TracePort | undefined;
}

/** A question to the control plane. */
export interface Question {
  readonly method?: 'GET' | 'POST' | 'PATCH';
  /** Beneath `/api/v1/`, each part encoded. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly body?: unknown;
  /** Changes nothing, so it may be asked twice. True for GET. */
  readonly repeatable?: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** Longest answer that is read, bytes: 10,000 routes with their specs. */
const MAX_BYTES = 64 * 1024 * 1024;
/** Connections to one control plane. */
const CONNECTIONS = 4;
const CONNECT_MS = 5_000;
/** Attempts after the first one, and the first wait between them, ms. */
const RETRIES = 2;
const BACKOFF_MS = 100;

/**
 * Asks one control plane. What changes nothing is asked again a few times when the connection breaks or it is busy.
 *
 * Errors, each naming the address and what to do: `unavailable`, `deadline_exceeded`, `permission_denied`, `not_found`,
 * `invalid_argument`, `failed_precondition`, `aborted`, `resource_exhausted`, `cancelled`.
 */
export class ControlPlaneClient {
  readonly #parts: ClientParts;
  readonly #base: string;
  #dispatcher: Promise<Dispatcher> | null = null;

  constructor(parts: ClientParts) {
    this.#parts = parts;
    this.#base = parts.access.url.replace(/\/+$/, '');
  }

  /** The address, without what people put before an @. */
  get address(): string {
    return this.#base.replace(/^([a-z]+:\/\/)[^/?#]*@/i, '$1');
  }

  async ask<S extends z.ZodType>(question: Question, schema: S): Promise<z.output<S>> {
    const { method = 'GET', repeatable = method === 'GET', signal } = question;
    const policy = retry(handleType(AgainError), {
      maxAttempts: repeatable ? RETRIES : 0,
      backoff: new ExponentialBackoff({ initialDelay: BACKOFF_MS }),
    });
    try {
      const text = await policy.execute(() => this.#send(question), signal);
      return this.#parsed(schema, text);
    } catch (error) {
      throwIfCancelled(signal);
      throw error instanceof AgainError ? error.error : error;
    }
  }

  /** Gives the connections back; what is still asked fails. */
  async close(): Promise<void> {
    const dispatcher = await this.#dispatcher?.catch(() => null);
    this.#dispatcher = null;
    await dispatcher?.destroy();
  }

  async #send({ method = 'GET', path, query = {}, body, signal }: Question): Promise<string> {
    throwIfCancelled(signal);
    const { access, resolveSecret, trace = NO_TRACE } = this.#parts;
    const url = new URL(`${this.#base}/api/v1/${path}`);
    for (const [key, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(key, String(value));
    const token = access.token === null ? null : await resolveSecret(access.token, 'the token of the control plane');
    const dispatcher = await this.#connections();
    const time = AbortSignal.timeout(access.timeoutMs);
    try {
      const answer = await request(url, {
        dispatcher,
        method,
        headers: {
          accept: 'application/json',
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(token === null ? {} : { authorization: `Bearer ${token}` }),
          ...trace.outgoing(),
        },
        body: body === undefined ? null : JSON.stringify(body),
        signal: signal === undefined ? time : AbortSignal.any([signal, time]),
      });
      const text = await readWithin(answer, this.address);
      if (answer.statusCode >= 200 && answer.statusCode < 300) return text;
      throw errorOfAnswer(this.address, answer.statusCode, text);
    } catch (error) {
      throwIfCancelled(signal);
      throw errorOfConnection(this.address, error, time.aborted ? access.timeoutMs : null);
    }
  }

  #parsed<S extends z.ZodType>(schema: S, text: string): z.output<S> {
    try {
      return schema.parse(JSON.parse(text));
    } catch (cause) {
      throw garbageError(this.address, cause);
    }
  }

  #connections(): Promise<Dispatcher> {
    this.#dispatcher ??= dispatcherOf(this.#parts.access).catch((error: unknown) => {
      this.#dispatcher = null;
      throw error;
    });
    return this.#dispatcher;
  }
}

async function dispatcherOf({ ca, client, timeoutMs }: GatewayAccess): Promise<Dispatcher> {
  const authority = ca === null ? {} : { ca: [...getCACertificates('default'), await readPem(ca)] };
  const own = client === null ? {} : { cert: await readPem(client.certificate), key: await readPem(client.key) };
  return new Agent({
    connections: CONNECTIONS,
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    connect: { ...authority, ...own, timeout: Math.min(CONNECT_MS, timeoutMs) },
  });
}

async function readPem(path: string): Promise<string> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new HeadgateError('failed_precondition', `gateway: the file ${path} cannot be read.`, {
      hint: 'Name an existing PEM file that this user may read.',
      cause,
    });
  });
  if (text.includes('-----BEGIN ')) return text;
  throw new HeadgateError('failed_precondition', `gateway: the file ${path} is no PEM.`, {
    hint: 'It must hold what stands between lines of BEGIN and END.',
  });
}

async function readWithin(answer: Dispatcher.ResponseData, address: string): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of answer.body) {
    chunks.push(chunk as Buffer);
    bytes += (chunk as Buffer).length;
    if (bytes > MAX_BYTES) {
      throw new HeadgateError(
        'resource_exhausted',
        `The control plane at ${address} answered more than ${MAX_BYTES} bytes.`,
        {
          hint: 'Ask for less: name a filter.',
        },
      );
    }
  }
  return Buffer.concat(chunks, bytes).toString('utf8');
}
