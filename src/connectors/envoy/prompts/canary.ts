import type { Prompt } from '../../../kernel/prompt.ts';
import { label } from '../../../kernel/quoted.ts';

/** `gateway_canary`: shifts traffic of a route step by step, and back when something goes wrong. */
export const canary: Prompt = {
  name: 'gateway_canary',
  title: 'Canary of a route',
  description: 'Moves traffic of a route to another cluster in steps, watching the proxies.',
  arguments: [
    { name: 'route', description: 'Route', required: true },
    { name: 'to', description: 'Cluster that takes over', required: true },
  ],
  render: async ({ route = '', to = '' }) =>
    [
      `Move the traffic of route ${label(route)} to cluster ${label(to)} as a canary.`,
      '1. gateway_get_status: go on only when no proxy refuses anything. Note the version: it is the way back.',
      '2. gateway_list_routes with the name of the route: which clusters share its traffic now?',
      '3. gateway_set_weights with 5 percent for the new cluster, then 25, 50 and 100. Each step needs approval.',
      '4. After each step gateway_get_status, and what you know of errors and latency. When something is worse, or a proxy refuses: gateway_rollback to the version that you noted, and say why.',
    ].join('\n'),
};
