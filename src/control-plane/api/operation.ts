import { z } from 'zod';
import type { Caller } from '../../kernel/caller.ts';
import type { Author } from '../control-plane.ts';
import type { ServedParts } from './create-api.ts';
import type { Precondition } from './precondition.ts';

/** What the caller's token must allow. `open`: nothing is asked. `secrets`: only a caller of scope `admin` that showed a token. */
export type Access = 'open' | 'read' | 'write' | 'secrets';

/** A request, checked. */
export interface Call<Query, Body> {
  readonly parts: ServedParts;
  /** Of the path, decoded. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: Query;
  readonly body: Body;
  readonly caller: Caller;
  readonly author: Author;
  readonly precondition: Precondition;
  /** The port is about to close. */
  readonly closing: boolean;
}

/** An answer. */
export interface Answer {
  readonly status?: number;
  /** Sent as JSON; text, and what streams text, as it is; null: nothing. */
  readonly body: unknown;
  /** Of what `stream` or text is. */
  readonly contentType?: string;
  /** Version of what is answered: becomes a strong ETag, and 304 where the client has it. */
  readonly version?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What an operation answers with a status. `schema` null: no body. */
export interface AnswerShape {
  readonly description: string;
  readonly schema: z.ZodType | null;
  /** Media types; JSON when absent. */
  readonly types?: readonly string[];
}

/** One operation of the API: its address, what it takes and answers, and what it does. The OpenAPI document is made from it. */
export interface OperationDefinition<Query extends z.ZodType, Body extends z.ZodType> {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** With `{name}` for what stands there. */
  readonly path: string;
  /** snake_case, unique. */
  readonly id: string;
  readonly tag: string;
  readonly summary: string;
  /** Further sentences. */
  readonly description?: string;
  /** A dry run of what needs `write` needs `read` only. */
  readonly access: Access;
  /** A strict object. */
  readonly query?: Query;
  readonly body?: Body;
  /** A body may be left out: then it counts as an empty object. */
  readonly bodyOptional?: boolean;
  /** Bytes. */
  readonly bodyLimit?: number;
  readonly answers: Readonly<Record<number, AnswerShape>>;
  /** Statuses of problems besides 400, 401, 403, 500 and 503. */
  readonly problems?: readonly number[];
  readonly handle: (call: Call<z.output<Query>, z.output<Body>>) => Promise<Answer> | Answer;
}

/** An operation, types erased. */
export interface Operation extends Omit<OperationDefinition<z.ZodType, z.ZodType>, 'handle' | 'query' | 'body'> {
  readonly query: z.ZodType;
  readonly body: z.ZodType | null;
  readonly handle: (call: Call<never, never>) => Promise<Answer> | Answer;
}

const NOTHING = z.strictObject({});

/** Declares an operation; only types happen here. */
export function defineOperation<Query extends z.ZodType = typeof NOTHING, Body extends z.ZodType = z.ZodUndefined>(
  definition: OperationDefinition<Query, Body>,
): Operation {
  const { query = NOTHING, body = null, handle, ...rest } = definition;
  return { ...rest, query, body, handle: handle as Operation['handle'] };
}
