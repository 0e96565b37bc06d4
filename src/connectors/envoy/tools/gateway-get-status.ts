import { z } from 'zod';
import { labelLog, quoteLogLine } from '../../../kernel/log-text.ts';
import { tableSchema, toTable } from '../../../kernel/table.ts';
import { countNoun, formatDuration } from '../../../kernel/units.ts';
import { defineGatewayTool, refusedBy, requireOwnTenant } from '../gateway.ts';
import { type ConnectedProxy, Nodes, pageOf, Refusals, VersionRecord } from '../wire.ts';

const PROXIES = ['proxy', 'group', 'state', 'envoy', 'convergence_ms', 'pending', 'refused'] as const;
const REFUSALS = ['at', 'proxy', 'type', 'message'] as const;
const CHANGES = ['number', 'version', 'at', 'by', 'reason', 'objects'] as const;

/** Proxies that are asked for: those that refuse or wait come first among them. */
const ASKED = 1_000;
const REFUSALS_SHOWN = 5;
const CHANGES_SHOWN = 5;
const TROUBLE_FIRST = { refusing: 0, updating: 1, current: 2 };

export const gatewayGetStatus = defineGatewayTool({
  name: 'gateway_get_status',
  title: 'Status of the Envoy gateway',
  description: 'Whether every Envoy has the current configuration; refusals and why, convergence, last changes.',
  risk: 'read',
  toolsets: ['gateway'],
  input: z.object({ limit: z.int().min(1).max(500).default(20).describe('Proxies') }),
  output: z.object({
    summary: z.string(),
    version: z.string(),
    last_acknowledged: z.string().nullable(),
    proxies: tableSchema(PROXIES),
    refusals: tableSchema(REFUSALS),
    changes: tableSchema(CHANGES),
  }),
  example: {},
  handler: async ({ limit }, { gateway, caller, signal }) => {
    requireOwnTenant(caller);
    const { client } = gateway;
    const [nodes, refusals, versions] = await Promise.all([
      client.ask({ path: 'nodes', query: { limit: ASKED }, signal }, Nodes),
      client.ask({ path: 'refusals', query: { limit: REFUSALS_SHOWN }, signal }, Refusals),
      client.ask({ path: 'versions', query: { limit: CHANGES_SHOWN }, signal }, pageOf(VersionRecord)),
    ]);
    const sorted = nodes.items.sort((one, other) => TROUBLE_FIRST[one.state] - TROUBLE_FIRST[other.state]);
    const proxies = toTable(sorted, { offset: 0, length: limit }, PROXIES, proxyCells);
    return {
      summary: summaryOf(nodes),
      version: nodes.version,
      last_acknowledged: nodes.last_acknowledged,
      proxies: { ...withoutCursor(proxies), total: nodes.total, truncated: proxies.rows.length < nodes.total },
      refusals: {
        ...toTable(refusals.items, { offset: 0, length: REFUSALS_SHOWN }, REFUSALS, ({ at, node, type, message }) => ({
          at,
          proxy: labelLog(node),
          type,
          message: quoteLogLine(message, 300),
        })),
        total: refusals.total,
        truncated: refusals.items.length < refusals.total,
      },
      changes: {
        ...toTable(versions.items, { offset: 0, length: CHANGES_SHOWN }, CHANGES, (record) => ({
          number: record.number,
          version: record.version,
          at: record.at,
          by: labelLog(`${record.author.subject} (${record.author.via})`),
          reason: record.author.reason === null ? null : quoteLogLine(record.author.reason, 200),
          objects: record.objects.slice(0, 5).map(labelLog).join(', '),
        })),
        total: versions.total,
        truncated: versions.items.length < versions.total,
      },
    };
  },
  renderText: ({ summary }) => summary,
});

function proxyCells(proxy: ConnectedProxy) {
  const pending = proxy.types.reduce((sum, type) => sum + type.pending, 0);
  return {
    proxy: labelLog(proxy.id),
    group: labelLog(proxy.group),
    state: proxy.state,
    envoy: proxy.envoy_version === null ? null : labelLog(proxy.envoy_version),
    convergence_ms: proxy.convergence_ms,
    pending,
    refused: proxy.state === 'refusing' ? refusedBy(proxy) : null,
  };
}

/** What whoever is on call wants to know first. */
function summaryOf({
  items,
  total,
  states,
  version,
  last_acknowledged: last,
  convergence_ms: convergence,
}: Nodes): string {
  if (total === 0) return `No proxy is connected. Version ${version} waits for one.`;
  const took =
    convergence === null
      ? ''
      : ` Convergence took ${formatDuration(convergence.p50)} (median), ${formatDuration(convergence.max)} at most.`;
  if (states.refusing > 0) {
    const refused = items
      .filter(({ state }) => state === 'refusing')
      .slice(0, 2)
      .map(refusedBy)
      .join('; ');
    const back =
      last === null || last === version ? '' : ` All proxies last had ${last}: gateway_rollback goes back to it.`;
    return `${states.refusing} of ${countNoun(total, 'proxy', 'proxies')} refuse version ${version} and keep what they had: ${refused}.${back}`;
  }
  if (states.updating > 0)
    return `${states.updating} of ${countNoun(total, 'proxy', 'proxies')} are still on their way to version ${version}; nothing is refused.${took}`;
  return `${total === 1 ? 'The proxy has' : `All ${total} proxies have`} version ${version}; nothing is refused.${took}`;
}

function withoutCursor<T extends { cursor?: string | undefined }>({ cursor: _cursor, ...table }: T): Omit<T, 'cursor'> {
  return table;
}
