import type { Caller } from '../../kernel/caller.ts';
import type { Decision, PolicyPort } from '../../kernel/policy.ts';
import type { Catalog } from '../calls/catalog.ts';

/** Requests that read and are no tool calls. Lists of tools and prompts, and the handshake, need a caller but no scope. */
const READS: ReadonlySet<string> = new Set([
  'resources/list',
  'resources/read',
  'resources/subscribe',
  'subscriptions/listen',
  'prompts/get',
  'completion/complete',
]);

/**
 * Whether the messages of one HTTP request lack a scope. MCP asks for an HTTP 403 then, so that a client can get a token
 * with that scope; whatever else the policy denies is an error of the call.
 */
export function missingScope(
  { catalog, policy }: { catalog: Catalog; policy: PolicyPort },
  caller: Caller,
  body: unknown,
): Decision {
  for (const message of Array.isArray(body) ? body : [body]) {
    const decision = decide(catalog, policy, caller, message);
    if (decision.kind === 'deny' && decision.scope !== undefined) return decision;
  }
  return { kind: 'allow' };
}

function decide(catalog: Catalog, policy: PolicyPort, caller: Caller, message: unknown): Decision {
  const { method, params } = (message ?? {}) as { method?: unknown; params?: { name?: unknown } };
  if (typeof method !== 'string') return { kind: 'allow' };
  if (READS.has(method)) return policy.decideRead(caller, method);
  const name = method === 'tools/call' ? params?.name : undefined;
  if (typeof name !== 'string' || !catalog.has(name)) return { kind: 'allow' };
  return policy.decide(caller, catalog.find(name).tool);
}
