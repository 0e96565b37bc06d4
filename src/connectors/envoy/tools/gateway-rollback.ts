import { z } from 'zod';
import { changeLines, defineGatewayTool, type Gateway, requireOwnTenant, settle, settlingText } from '../gateway.ts';
import { Applied } from '../wire.ts';

const INPUT = z.object({
  version: z.string().describe('Number, hash, or last-acknowledged'),
  force: z.boolean().default(false).describe('Though an upstream of it is unreachable'),
  reason: z.string().optional(),
});
type Input = z.output<typeof INPUT>;

export const gatewayRollback = defineGatewayTool({
  name: 'gateway_rollback',
  title: 'Roll the gateway back',
  description: 'Makes an earlier version of the whole configuration current, as a new version. Waits for the proxies.',
  risk: 'destructive',
  toolsets: ['gateway'],
  input: INPUT,
  output: z.object({
    version: z.string(),
    previous_version: z.string(),
    changes: z.array(z.string()),
    proxies: z.string(),
    settled: z.boolean(),
  }),
  example: { version: 'last-acknowledged', reason: 'refused by an Envoy' },
  approval: async (input, { gateway, caller, signal }) => {
    requireOwnTenant(caller);
    const { changed, difference } = await rollBack(gateway, input, true, signal);
    return {
      summary: `Roll the configuration of every proxy back to ${input.version}.`,
      plan: changed ? changeLines(difference) : ['Nothing would change: the configuration is so already.'],
    };
  },
  handler: async (input, { gateway, caller, signal }) => {
    requireOwnTenant(caller);
    const { version, parent, difference } = await rollBack(gateway, input, false, signal);
    const settling = await settle(gateway, signal);
    return {
      version,
      previous_version: parent,
      changes: changeLines(difference),
      proxies: settlingText(settling),
      settled: settling.settled,
    };
  },
  renderText: ({ version, changes, proxies, previous_version }) =>
    changes.length === 0
      ? `Nothing changed: ${version} is current already. ${proxies}`
      : `Version ${version} is current: ${changes.join('; ')}. ${proxies} It was ${previous_version} before.`,
});

function rollBack({ client }: Gateway, { version, force, reason }: Input, dryRun: boolean, signal: AbortSignal) {
  const body = { version, force, ...(reason === undefined ? {} : { reason }) };
  const query = { dry_run: dryRun };
  return client.ask({ method: 'POST', path: 'rollback', query, body, repeatable: dryRun, signal }, Applied);
}
