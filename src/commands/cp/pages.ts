import type { ControlPlaneClient } from '../control-plane-client.ts';
import type { Page } from './wire.ts';

/** Entries of one answer: as many as the API gives. */
const PAGE = 200;

/** A list with all its pages in one: what the first says of the whole, and every entry. */
export async function allPages<Item, List extends Page<Item>>(
  client: ControlPlaneClient,
  path: string,
  signal: AbortSignal,
): Promise<List> {
  const first = (await client.ask('GET', `${path}?limit=${PAGE}`, { signal })) as List;
  const items = [...first.items];
  for (let cursor = first.next_cursor; cursor !== null; ) {
    const next = (await client.ask('GET', `${path}?limit=${PAGE}&cursor=${encodeURIComponent(cursor)}`, {
      signal,
    })) as List;
    items.push(...next.items);
    cursor = next.next_cursor;
  }
  return { ...first, items, next_cursor: null };
}
