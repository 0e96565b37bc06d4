import { z } from 'zod';
import { Count, HttpPath, Seconds, Text } from '../fields.ts';

/** `200`, or a range: `200-299`. */
const Statuses = z
  .union(
    [z.int().min(100).max(599), z.string().regex(/^[1-5]\d\d-[1-5]\d\d$/)],
    'must be a status, as 200, or a range, as "200-299"',
  )
  .refine(
    (given) => {
      const [from, to] = statusRange(given);
      return from <= to;
    },
    { message: 'must go from the lower status to the higher' },
  );

/** How endpoints are asked whether they are well. */
export const HealthCheckSpec = z.strictObject({
  /** Absent: grpc for protocol grpc, else http. */
  type: z.enum(['http', 'grpc', 'tcp']).optional(),
  /** Of http. Absent: /ready for mcp, / for all else. */
  path: HttpPath.optional(),
  /** Of http: statuses that are well. Absent: 200. Any other is unhealthy at once, whatever `unhealthy_after`. */
  expected_statuses: z.array(Statuses).min(1, 'must have a status').optional(),
  /** Of http: Host header. Absent: the endpoint's hostname, or the cluster's name. */
  host: Text.max(255).optional(),
  /** Of grpc: the service that is asked for. Absent: the server as a whole. */
  service: Text.optional(),
  /** Absent: 5. */
  interval_s: Seconds.optional(),
  /** Absent: 2. */
  timeout_s: Seconds.optional(),
  /** Checks without an answer until it is unhealthy. Absent: 2. */
  unhealthy_after: Count.optional(),
  /** Good answers until it is healthy again; the first one after it appeared suffices. Absent: 1. */
  healthy_after: Count.optional(),
});
export type HealthCheckSpec = z.infer<typeof HealthCheckSpec>;

/** First and last status of a range. */
export function statusRange(given: number | string): [from: number, to: number] {
  const [from = 0, to = from] = String(given).split('-').map(Number);
  return [from, to];
}

/** Fields that are of one type of check only. */
const OF_TYPE = { path: 'http', expected_statuses: 'http', host: 'http', service: 'grpc' } as const;

/** The type of a cluster's check: what it says, or what fits the protocol. */
export function healthCheckType(check: HealthCheckSpec, protocol: string): 'http' | 'grpc' | 'tcp' {
  return check.type ?? (protocol === 'grpc' ? 'grpc' : 'http');
}

/** Fields of a check that are not of its type. */
export function misplacedFields(check: HealthCheckSpec, protocol: string): Array<{ field: string; message: string }> {
  const type = healthCheckType(check, protocol);
  return Object.entries(OF_TYPE).flatMap(([field, of]) =>
    check[field as keyof typeof OF_TYPE] === undefined || of === type
      ? []
      : [{ field, message: `is of a health check of type ${of}; this one is of type ${type}` }],
  );
}
