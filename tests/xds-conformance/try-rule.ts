import type { Rule } from './rule.ts';
import type { ServerKind } from './server-under-test.ts';
import type { Variant } from './variant.ts';
import { type ClientNode, RuleBroken, XdsClient } from './xds-client.ts';

/**
 * Tries one rule on a server of this kind, which is started for it. Resolves to how the rule was broken; null: it was kept.
 * Errors: whatever else goes wrong, which is a fault of the suite or of the server's start.
 */
export async function tryRule(kind: ServerKind, rule: Rule, variant: Variant): Promise<RuleBroken | null> {
  const clients: XdsClient[] = [];
  const server = await kind.start({ transport: variant.transport, checked: rule.checked ?? false });
  const connect = (node?: ClientNode) => {
    const client = new XdsClient(server.port, variant, node);
    clients.push(client);
    return client;
  };
  try {
    await rule.check({ server, variant, connect });
    return null;
  } catch (error) {
    if (error instanceof RuleBroken) return error;
    throw error;
  } finally {
    for (const client of clients) client.close();
    await server.stop();
  }
}
