import { z } from 'zod';
import { HeadgateError } from '../../../kernel/errors.ts';
import { labelLog } from '../../../kernel/log-text.ts';
import { readPage, tableSchema, toTable } from '../../../kernel/table.ts';
import type { ControlPlaneClient } from '../client.ts';
import { defineGatewayTool, requireOwnTenant } from '../gateway.ts';
import { ObjectRow, pageOf } from '../wire.ts';

const COLUMNS = ['route', 'match', 'to', 'timeouts', 'retries', 'rate_limit', 'tools', 'groups'] as const;
/** Routes of one page of the control plane. */
const PAGE = 1_000;
/** Text of one cell, characters. */
const CELL_CHARS = 160;

export const gatewayListRoutes = defineGatewayTool({
  name: 'gateway_list_routes',
  title: 'Routes of the gateway',
  description:
    'What goes where: matches, clusters with weights, timeouts, retries, limits. Only what is set; the rest is default.',
  risk: 'read',
  toolsets: ['gateway'],
  input: z.object({
    contains: z.string().optional().describe('In name, match, cluster or tool'),
    limit: z.int().min(1).max(500).default(50),
    cursor: z.string().optional(),
  }),
  output: z.object({ routes: tableSchema(COLUMNS) }),
  example: { contains: 'search' },
  handler: async ({ contains = '', limit, cursor }, { gateway, caller, signal }) => {
    requireOwnTenant(caller);
    const page = readPage({ cursor, length: limit }, () => {
      throw new HeadgateError('invalid_argument', 'The cursor is not one that this server gave out.', {
        hint: 'Pass the `cursor` of the page before unchanged.',
      });
    });
    const wanted = contains.toLowerCase();
    const routes = await everyRoute(gateway.client, signal);
    const found = routes.filter(({ name, spec }) => `${name} ${JSON.stringify(spec)}`.toLowerCase().includes(wanted));
    return { routes: toTable(found, page, COLUMNS, cellsOf) };
  },
});

async function everyRoute(client: ControlPlaneClient, signal: AbortSignal): Promise<ObjectRow[]> {
  const routes: ObjectRow[] = [];
  let cursor: string | undefined;
  do {
    const page = await client.ask(
      { path: 'routes', query: { spec: true, limit: PAGE, cursor }, signal },
      pageOf(ObjectRow),
    );
    routes.push(...page.items);
    cursor = page.next_cursor ?? undefined;
  } while (cursor !== undefined);
  return routes;
}

function cellsOf({ name, spec }: ObjectRow) {
  const tools = spec.tools;
  return {
    route: labelLog(name),
    match: cell(withDomains(spec)),
    to: cell(targetOf(spec)),
    timeouts: cell(spec.timeouts),
    retries: cell(spec.retries),
    rate_limit: cell(spec.rate_limit),
    tools: typeof tools === 'object' && tools !== null ? cell(Object.keys(tools).join(', ')) : null,
    groups: cell(spec.groups),
  };
}

function withDomains({ match, domains, listener }: ObjectRow['spec']): unknown {
  const rest = { ...(domains === undefined ? {} : { domains }), ...(listener === undefined ? {} : { listener }) };
  return typeof match === 'object' && match !== null ? { ...match, ...rest } : rest;
}

/** `stable 90 %, canary 10 %`. */
function targetOf({ cluster, clusters, redirect, respond, mirrors }: ObjectRow['spec']): unknown {
  const copies = mirrors === undefined ? '' : `; copies to ${text(mirrors)}`;
  if (typeof cluster === 'string') return `${cluster}${copies}`;
  if (typeof clusters === 'object' && clusters !== null) {
    const weights = Object.entries(clusters).map(([name, weight]) => [name, Number(weight)] as const);
    const sum = weights.reduce((all, [, weight]) => all + weight, 0);
    return `${weights.map(([name, weight]) => `${name} ${round((100 * weight) / sum)} %`).join(', ')}${copies}`;
  }
  if (redirect !== undefined) return `redirect ${text(redirect)}`;
  return respond === undefined ? null : `answer ${text(respond)}`;
}

function round(share: number): number {
  return Math.round(share * 10) / 10;
}

/** Values of the configuration in few words: `{prefix: /mcp}`. */
function text(value: unknown): string {
  return JSON.stringify(value)?.replaceAll('"', '') ?? '';
}

function cell(value: unknown): string | null {
  if (value === undefined || value === null) return null;
  const written = typeof value === 'string' ? value : text(value);
  return written === '' || written === '{}' ? null : labelLog(written.slice(0, CELL_CHARS));
}
