import type { Requirement } from './requirement.ts';

const source = 'issue: Health';

/** What is promised of health and readiness. */
export const requirements = [
  {
    id: 'health.liveness',
    behaviour: '/health is 200 while the process answers, and asks no platform and no store.',
    source,
  },
  {
    id: 'health.verbose',
    behaviour:
      '/health?verbose asks the store and every connector, each with its latency and its last error, and stays 200: `status` says degraded.',
    source,
  },
  {
    id: 'health.verbose-guarded',
    behaviour: 'Who may not read what is about all tenants makes /health?verbose ask nobody, and sees no checks.',
    source,
  },
  {
    id: 'health.ready-without-platforms',
    behaviour: '/ready is 503 only while the gateway stops: a platform or a store that is away changes nothing.',
    source,
  },
] as const satisfies readonly Requirement[];
