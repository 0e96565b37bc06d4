import type { Requirement } from './requirement.ts';

const figures = 'issue 7: Figures';

/** What is promised of a fleet behind Envoy while everything around it changes. */
export const requirements = [
  {
    id: 'envoy-chaos.no-failed-call',
    behaviour:
      'No call of a stateless client fails while every replica is restarted, the control plane is killed and the configuration changes.',
    source: `${figures}, 10 minutes of load`,
  },
  {
    id: 'envoy-chaos.changes-arrive',
    behaviour:
      'Every change that was made meanwhile is served in the end: proxies have the current version and refused nothing.',
    source: `${figures}, 100 configuration changes`,
  },
] as const satisfies readonly Requirement[];
