import { setTimeout as pause } from 'node:timers/promises';
import type { Caller } from '../../kernel/caller.ts';
import { LOCAL_TENANT } from '../../kernel/caller.ts';
import { HeadgateError } from '../../kernel/errors.ts';
import { labelLog, quoteLogLine } from '../../kernel/log-text.ts';
import { defineTool } from '../../kernel/tool.ts';
import { countNoun } from '../../kernel/units.ts';
import type { ControlPlaneClient } from './client.ts';
import { type Comparison, type ConnectedProxy, Current, Nodes } from './wire.ts';

/** What the tools of the room work with. */
export interface Gateway {
  readonly client: ControlPlaneClient;
  /** Now, epoch ms. */
  readonly clock: () => number;
  /** Waits; ends early when the signal is aborted. */
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** Declares a tool of this room. */
export const defineGatewayTool = defineTool<{ readonly gateway: Gateway }>();

/** Waits by the system's clock. */
export const waitFor: Gateway['wait'] = async (ms, signal) => {
  await pause(ms, undefined, { signal }).catch(() => undefined);
};

/** The proxies serve all tenants. Errors: `permission_denied`. */
export function requireOwnTenant({ tenant }: Pick<Caller, 'tenant'>): void {
  if (tenant === LOCAL_TENANT) return;
  throw new HeadgateError(
    'permission_denied',
    'The gateway is of all tenants: it is for callers of the tenant local.',
    {
      hint: "Call with a token of the tenant local, the gateway's own.",
    },
  );
}

/** How long a change waits for proxies to have it, and how often they are looked at. Milliseconds. */
const SETTLE_MS = 5_000;
const LOOK_MS = 100;
/** Proxies that one look takes at most. */
const MAX_PROXIES = 1_000;

/** How far a change has come. */
export interface Settling {
  readonly settled: boolean;
  readonly proxies: number;
  readonly current: number;
  /** What proxies refused, the first few. */
  readonly refused: string[];
}

const MAX_REFUSED = 5;

/** Waits until every proxy has acknowledged or refused what is current, a few seconds at most. */
export async function settle({ client, clock, wait }: Gateway, signal: AbortSignal): Promise<Settling> {
  const end = clock() + SETTLE_MS;
  for (;;) {
    const [{ groups }, { items, total }] = await Promise.all([
      client.ask({ path: 'version', signal }, Current),
      client.ask({ path: 'nodes', query: { limit: MAX_PROXIES }, signal }, Nodes),
    ]);
    const has = ({ group, state, snapshot_version: version }: ConnectedProxy) =>
      state === 'current' && version === groups[group];
    const current = items.filter(has).length;
    const refusing = items.filter(({ state }) => state === 'refusing');
    const settled = current + refusing.length === items.length;
    if (settled || clock() >= end || signal.aborted)
      return { settled, proxies: total, current, refused: refusing.slice(0, MAX_REFUSED).map(refusedBy) };
    await wait(LOOK_MS, signal);
  }
}

/** One line on what a proxy refused: its words are quoted. */
export function refusedBy({ id, types }: ConnectedProxy): string {
  const refused = types.map((type) => type.refused).find((one) => one !== null);
  const what =
    refused === undefined || refused === null ? '' : ` refused ${refused.type}: ${quoteLogLine(refused.message, 300)}`;
  return `${labelLog(id)}${what}`;
}

/** How far a change has come, in words. */
export function settlingText({ settled, proxies, current, refused }: Settling): string {
  if (proxies === 0) return 'No proxy is connected.';
  if (refused.length > 0) return `${current} of ${proxies} proxies have it; refused by ${refused.join('; ')}.`;
  if (!settled) return `${current} of ${countNoun(proxies, 'proxy', 'proxies')} have it so far.`;
  return proxies === 1 ? 'The proxy has it.' : `All ${proxies} proxies have it.`;
}

const MAX_LINES = 10;
const VALUE_CHARS = 120;

/** What a change does, one line a field: `routes/search /clusters/canary: 0 → 10`. */
export function changeLines({ objects, object_count: total }: Comparison): string[] {
  const lines = objects.flatMap(({ kind, name, change, fields }) =>
    change === 'changed' && fields.length > 0
      ? fields.map(
          ({ pointer, was, is }) => `${kind}/${labelLog(name)} ${labelLog(pointer)}: ${shown(was)} → ${shown(is)}`,
        )
      : [`${kind}/${labelLog(name)} is ${change}`],
  );
  const more = lines.length > MAX_LINES || objects.length < total ? [`… ${total} objects in all`] : [];
  return [...lines.slice(0, MAX_LINES), ...more];
}

/** A value of the configuration: data, so quoted unless it is a number. */
export function shown(value: unknown): string {
  if (value === undefined) return 'none';
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return quoteLogLine(typeof value === 'string' ? value : JSON.stringify(value), VALUE_CHARS);
}
