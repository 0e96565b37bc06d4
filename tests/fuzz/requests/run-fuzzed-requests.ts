import { Random } from '../random.ts';
import { fuzzRequest } from './fuzz-request.ts';
import type { FuzzedServer } from './fuzzed-server.ts';
import { type RawAnswer, type RawRequest, sendRequest } from './send-request.ts';

/** What came of the fuzzed requests. */
export interface FuzzedRequests {
  /** How often each status came; 0 is a connection that was closed without one. */
  readonly statuses: ReadonlyMap<number, number>;
  /** One text a fault: the seed that shows it, what is wrong, request and answer. */
  readonly faults: readonly string[];
}

/** Requests on their way at once. */
const AT_ONCE = 8;
/** Text of ours that has no business in an answer: frames of a JavaScript stack, paths of source files. */
const INSIDES =
  /\n\s+at [^\n]*\.[mc]?[jt]s:\d+|file:\/\/\/[^\s"]*\.[mc]?[jt]s|\/node_modules\/|node:internal|\/src\/[a-z-]+\/[\w./-]+\.ts\b/;
/** What Node answers to a head that it cannot parse: it does not know the method then. */
const UNPARSED: ReadonlySet<number> = new Set([400, 431]);
const SHOWN = 600;

/** Sends one request for each seed, and looks at every answer. */
export async function runFuzzedRequests(server: FuzzedServer, seeds: readonly number[]): Promise<FuzzedRequests> {
  const statuses = new Map<number, number>();
  const faults: string[] = [];
  let next = 0;
  const sender = async () => {
    for (let seed = seeds[next++]; seed !== undefined && server.isRunning; seed = seeds[next++]) {
      const request = fuzzRequest(server.surface, new Random(seed), seed);
      const answer = await sendRequest(server.port, request);
      statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
      const wrong = whatIsWrong(request, answer);
      if (wrong !== null)
        faults.push(
          `seed ${seed}: ${wrong}\n${shown(request.bytes)}\n=> ${shown(answer.headers)}\n${shown(answer.body)}`,
        );
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, sender));
  if (!server.isRunning) faults.push(`the server ended: ${server.log.slice(-2_000)}`);
  return { statuses, faults };
}

/** A server that refuses a body and closes may cut off the sender before it reads why (RFC 9112, 9.6). */
const LARGEST_TAKEN_BYTES = 1_048_576;

function whatIsWrong({ isCut, isHead, bytes }: RawRequest, { status, headers, body, end }: RawAnswer): string | null {
  if (status >= 500 && status !== 503) return `answered ${status}`;
  if (end === 'late') return 'the answer has no end';
  // Half a request may be dropped; a whole one is answered to the end.
  if (end === 'closed' && !isCut && bytes.length <= LARGEST_TAKEN_BYTES)
    return 'the connection was closed before the answer ended';
  if (INSIDES.test(body) || INSIDES.test(headers)) return 'the answer shows our insides';
  if (/"code": ?"internal"|failed inside Headgate/.test(body)) return 'the call failed inside Headgate';
  return isHead && !UNPARSED.has(status) && body !== '' ? 'an answer to HEAD has a body' : null;
}

const shown = (text: Buffer | string): string => Buffer.from(text).toString('latin1').slice(0, SHOWN);
