import { z } from 'zod';
import { HeadgateError } from '../../../kernel/errors.ts';
import { changeLines, defineGatewayTool, type Gateway, requireOwnTenant, settle, settlingText } from '../gateway.ts';
import { Applied } from '../wire.ts';

const INPUT = z.object({
  route: z.string().optional().describe('Its clusters'),
  tool: z.string().optional().describe('Only of this tool of the route'),
  cluster: z.string().optional().describe('Its endpoints, by address:port'),
  weights: z.record(z.string(), z.number()).describe('Others keep theirs'),
  reason: z.string().optional(),
});
type Input = z.output<typeof INPUT>;

export const gatewaySetWeights = defineGatewayTool({
  name: 'gateway_set_weights',
  title: 'Set gateway weights',
  description:
    "Shifts traffic: weights of a route's clusters (a canary) or a cluster's endpoints. Waits for the proxies. gateway_rollback to previous_version undoes it.",
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
  example: { route: 'search', weights: { stable: 90, canary: 10 }, reason: 'canary of 2.1' },
  approval: async (input, { gateway, caller, signal }) => {
    requireOwnTenant(caller);
    const { changed, difference } = await patch(gateway, input, true, signal);
    const what = input.route === undefined ? `cluster ${input.cluster}` : `route ${input.route}`;
    return {
      summary: `Shift live traffic of ${what}.`,
      plan: changed ? changeLines(difference) : ['Nothing would change: the weights are so already.'],
    };
  },
  handler: async (input, { gateway, caller, signal }) => {
    requireOwnTenant(caller);
    const { version, parent, difference } = await patch(gateway, input, false, signal);
    const settling = await settle(gateway, signal);
    return {
      version,
      previous_version: parent,
      changes: changeLines(difference),
      proxies: settlingText(settling),
      settled: settling.settled,
    };
  },
  renderText: ({ changes, proxies, previous_version }) =>
    changes.length === 0
      ? `Nothing changed: the weights were so already. ${proxies}`
      : `${changes.join('; ')}. ${proxies} Back: gateway_rollback to ${previous_version}.`,
});

function patch({ client }: Gateway, input: Input, dryRun: boolean, signal: AbortSignal): Promise<Applied> {
  const { route, cluster, tool, weights, reason } = input;
  if ((route === undefined) === (cluster === undefined) || (tool !== undefined && route === undefined)) {
    throw new HeadgateError('invalid_argument', 'Either `route` (with `tool`, if any) or `cluster` is wanted.');
  }
  const why = reason === undefined ? {} : { reason };
  const endpoints = Object.fromEntries(Object.entries(weights).map(([endpoint, weight]) => [endpoint, { weight }]));
  const body =
    route === undefined ? { endpoints, ...why } : { weights, ...(tool === undefined ? {} : { tool }), ...why };
  return client.ask(
    {
      method: 'PATCH',
      path:
        route === undefined ? `endpoints/${encodeURIComponent(cluster ?? '')}` : `routes/${encodeURIComponent(route)}`,
      query: { dry_run: dryRun },
      body,
      repeatable: dryRun,
      signal,
    },
    Applied,
  );
}
