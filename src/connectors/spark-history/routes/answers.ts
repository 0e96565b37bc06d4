import { type Json, jsonChunks, type TextMask } from '../../../eventlog/index.ts';
import type { HttpAnswer } from '../../../kernel/http-route.ts';

/** The media type of the REST's answers. */
export const JSON_TYPE = 'application/json';

/** An answer that is thrown: what the History Server says in plain text, such as `unknown job: 7`. */
export class RouteRefusal extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.name = 'RouteRefusal';
    this.status = status;
  }

  toAnswer(mask: TextMask): HttpAnswer {
    return { status: this.status, contentType: 'text/plain', body: mask(this.message) };
  }
}

/** A value as JSON: one text when it is small, else in pieces as they are made. */
export function jsonAnswer(value: Json, mask: TextMask, headers: Readonly<Record<string, string>> = {}): HttpAnswer {
  const chunks = jsonChunks(value, mask);
  const first = chunks.next();
  const second = chunks.next();
  const answer = { status: 200, contentType: JSON_TYPE, headers };
  if (first.done === true) return { ...answer, body: '' };
  if (second.done === true) return { ...answer, body: first.value };
  return { ...answer, body: rest([first.value, second.value], chunks) };
}

async function* rest(made: readonly string[], chunks: Iterable<string>): AsyncGenerator<string> {
  yield* made;
  yield* chunks;
}
