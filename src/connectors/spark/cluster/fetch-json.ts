import { HeadgateError, throwIfCancelled } from '../../../kernel/errors.ts';

/** How long a server of the cluster may take for one answer. Milliseconds. */
const ANSWER_MS = 10_000;
/** Longest answer that is read, bytes. */
const MAX_BYTES = 8 * 1024 * 1024;

/** What is asked of a server of the cluster. */
export interface WebRequest {
  /** What messages call the server: `The master at http://…`. */
  readonly server: string;
  readonly url: string;
  readonly method?: 'GET' | 'POST';
  /** Sent as JSON when it is an object, as a form when it is a text. */
  readonly body?: unknown;
  readonly signal?: AbortSignal | undefined;
}

/** Fetches text. Errors: `unavailable` for a server that cannot be reached or answers with an error, `cancelled`. */
export async function fetchText({ server, url, method = 'GET', body, signal }: WebRequest): Promise<string> {
  throwIfCancelled(signal);
  const time = AbortSignal.timeout(ANSWER_MS);
  try {
    const response = await fetch(url, {
      method,
      ...(body === undefined ? {} : payloadOf(body)),
      redirect: 'manual',
      signal: signal === undefined ? time : AbortSignal.any([signal, time]),
    });
    const text = await readWithin(response, MAX_BYTES);
    if (response.status < 400) return text;
    throw unavailable(server, `it answered with status ${response.status}`, { http_status: response.status });
  } catch (error) {
    if (error instanceof HeadgateError) throw error;
    throwIfCancelled(signal);
    throw unavailable(server, time.aborted ? `no answer within ${ANSWER_MS / 1000} s` : reasonOf(error), {}, error);
  }
}

/** Fetches JSON. Errors: those of `fetchText`; `unavailable` for what is no JSON. */
export async function fetchJson(request: WebRequest): Promise<unknown> {
  const text = await fetchText(request);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw unavailable(request.server, 'its answer is no JSON', {}, error);
  }
}

async function readWithin(response: Response, maxBytes: number): Promise<string> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of response.body ?? []) {
    parts.push(part);
    bytes += part.byteLength;
    if (bytes > maxBytes) throw new Error(`its answer is longer than ${maxBytes} bytes`);
  }
  return Buffer.concat(parts).toString('utf8');
}

function payloadOf(body: unknown): { headers: Record<string, string>; body: string } {
  return typeof body === 'string'
    ? { headers: { 'content-type': 'application/x-www-form-urlencoded' }, body }
    : { headers: { 'content-type': 'application/json;charset=UTF-8' }, body: JSON.stringify(body) };
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  const code = (cause as NodeJS.ErrnoException | undefined)?.code;
  return code ?? (error instanceof Error ? error.message : String(error));
}

function unavailable(server: string, why: string, details: Record<string, unknown>, cause?: unknown): HeadgateError {
  return new HeadgateError('unavailable', `${server} cannot be asked: ${why}.`, {
    hint: 'Check that it runs, and its address in the configuration.',
    details,
    cause,
  });
}
