import { z } from 'zod';
import { defineOperation, type Operation } from '../operation.ts';
import { cursorOf, numberOf, PageQuery, pageAfter, pageOf } from '../pages.ts';
import { ProxyShape, proxyOut, RefusalShape, refusalOut } from '../wire.ts';

const listNodes = defineOperation({
  method: 'GET',
  path: '/api/v1/nodes',
  id: 'list_nodes',
  tag: 'proxies',
  summary: 'Connected proxies: what each acknowledged, what it refused and why',
  access: 'read',
  query: PageQuery.extend({
    group: z.string().max(200).optional(),
    state: z.enum(['current', 'updating', 'refusing']).optional(),
  }),
  answers: {
    200: {
      description: 'A page, by node id, and how many there are in each state',
      schema: pageOf(ProxyShape).extend({
        version: z.string(),
        last_acknowledged: z.string().nullable(),
        states: z.object({ current: z.int(), updating: z.int(), refusing: z.int() }),
        convergence_ms: z
          .object({ p50: z.number(), max: z.number() })
          .nullable()
          .describe('Of the proxies of this list'),
      }),
    },
  },
  handle({ parts: { controlPlane }, query }) {
    const { group, state } = query;
    const found = controlPlane
      .proxies()
      .filter(
        (proxy) => (group === undefined || proxy.group === group) && (state === undefined || proxy.state === state),
      )
      .sort((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1));
    const page = pageAfter(found, keyOf, query);
    const states = { current: 0, updating: 0, refusing: 0 };
    for (const proxy of found) states[proxy.state]++;
    const { version, lastAcknowledged } = controlPlane;
    const times = found.flatMap(({ convergenceMs }) => (convergenceMs === null ? [] : [convergenceMs]));
    return {
      body: {
        ...page,
        items: page.items.map(proxyOut),
        version,
        last_acknowledged: lastAcknowledged,
        states,
        convergence_ms: spreadOf(times),
      },
    };
  },
});

/** Entries of one page of refusals that the service is asked for at most. */
const MAX_REFUSALS = 10_000;

const listRefusals = defineOperation({
  method: 'GET',
  path: '/api/v1/refusals',
  id: 'list_refusals',
  tag: 'proxies',
  summary: 'What proxies refused, newest first, those that are gone too',
  access: 'read',
  query: PageQuery,
  answers: {
    200: {
      description: 'A page',
      schema: pageOf(RefusalShape.extend({ node: z.string(), group: z.string() })),
    },
  },
  async handle({ parts: { controlPlane }, query: { limit, cursor } }) {
    const offset = Math.min(numberOf(cursor) ?? 0, MAX_REFUSALS);
    const refusals = await controlPlane.refusals({ limit: MAX_REFUSALS });
    const page = refusals.slice(offset, offset + limit);
    const end = offset + page.length;
    return {
      body: {
        items: page.map(({ node, group, ...refusal }) => ({ node, group, ...refusalOut(refusal) })),
        total: refusals.length,
        next_cursor: end < refusals.length ? cursorOf(end) : null,
      },
    };
  },
});

export const proxyOperations: readonly Operation[] = [listNodes, listRefusals];

/** Two connections of one node are two proxies. */
function keyOf({ node, key }: { readonly node: { readonly id: string }; readonly key: string }): string {
  return `${node.id}\u0000${key}`;
}

function spreadOf(times: number[]): { p50: number; max: number } | null {
  const sorted = times.sort((one, other) => one - other);
  const middle = sorted[Math.floor((sorted.length - 1) / 2)];
  const max = sorted.at(-1);
  return middle === undefined || max === undefined ? null : { p50: middle, max };
}
