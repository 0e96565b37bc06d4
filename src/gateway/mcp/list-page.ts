import { ProtocolError, ProtocolErrorCode } from '@modelcontextprotocol/server';
import { cursorAt, readPage } from '../../kernel/table.ts';

/** One page of a list. */
export interface ListPage<T> {
  readonly items: T[];
  readonly nextCursor?: string;
}

/** Cuts the page that the cursor points at. Errors: a JSON-RPC invalid-params error for a cursor that is not ours. */
export function listPage<T>(items: readonly T[], cursor: string | undefined, pageSize: number): ListPage<T> {
  const { offset } = readPage({ cursor, length: pageSize }, () => {
    throw new ProtocolError(ProtocolErrorCode.InvalidParams, 'The cursor is not one that this server handed out.');
  });
  const next = offset + pageSize;
  return {
    items: items.slice(offset, next),
    ...(next < items.length ? { nextCursor: cursorAt(next) } : {}),
  };
}
