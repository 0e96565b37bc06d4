import type { Caller } from '../../kernel/caller.ts';
import type { PolicyPort } from '../../kernel/policy.ts';
import type { Tool } from '../../kernel/tool.ts';
import type { TraceHeaders } from '../../kernel/trace.ts';
import type { Calls } from '../calls/call-tool.ts';
import type { Catalog } from '../calls/catalog.ts';

/** Requests that read and are no tool calls. Lists of tools and prompts, and the handshake, need a caller but no scope. */
const READS: ReadonlySet<string> = new Set([
  'resources/list',
  'resources/read',
  'resources/subscribe',
  'subscriptions/listen',
  'prompts/get',
  'completion/complete',
  'tasks/get',
  'tasks/update',
]);

/**
 * Refuses the messages of one HTTP request when one of them lacks a scope. MCP asks for an HTTP 403 then, so that a client
 * can get a token with that scope; whatever else the policy denies is an error of the call. Errors: `permission_denied`.
 */
export async function refuseMissingScope(
  { catalog, policy, calls }: { catalog: Catalog; policy: PolicyPort; calls: Calls },
  caller: Caller,
  body: unknown,
  trace: TraceHeaders,
): Promise<void> {
  for (const message of Array.isArray(body) ? body : [body]) {
    const wanted = wantedBy(message, catalog);
    if (wanted === undefined) continue;
    const { name, args, tool } = wanted;
    const decision = tool === undefined ? policy.decideRead(caller, name) : policy.decide(caller, tool);
    if (decision.kind === 'deny' && decision.scope !== undefined)
      await calls.refuse(name, args, caller, { trace }, decision);
  }
}

/** What a message asks for that needs a scope. */
function wantedBy(message: unknown, catalog: Catalog): { name: string; args: unknown; tool?: Tool } | undefined {
  const { method, params } = (message ?? {}) as { method?: unknown; params?: Record<string, unknown> | null };
  if (typeof method !== 'string') return undefined;
  const { _meta, ...args } = params ?? {};
  if (READS.has(method)) return { name: method, args };
  if (method === 'tasks/cancel') return { name: method, args, tool: catalog.find('cancel_operation').tool };
  const name = method === 'tools/call' ? args.name : undefined;
  if (typeof name !== 'string' || !catalog.has(name)) return undefined;
  return { name, args: args.arguments ?? {}, tool: catalog.find(name).tool };
}
