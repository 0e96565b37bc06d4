import { isIP, isIPv6 } from 'node:net';
import { z } from 'zod';
import { Count, Groups, Percent, Port, Text } from './fields.ts';

/** Highest priority number of Envoy. */
const MAX_PRIORITY = 127;
const HOST_NAME =
  /^(?=.{1,253}$)[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?(?:\.[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?)*\.?$/;
const HOST_AND_PORT = /^(?:\[([0-9A-Fa-f:.]+)\]|([^\s:/[\]]+)):(\d{1,5})$/;

/** A weight; no endpoint has one of zero: Envoy refuses it. */
const Weight = z
  .int('must be a whole number')
  .min(1, 'must be 1 or more; `health: draining` keeps an endpoint without new requests')
  .max(1_000_000, 'must be 1000000 at most');

/**
 * - `healthy`, `degraded` (used when too few are healthy), `unhealthy`: as they say.
 * - `draining`: gets no new requests; sessions that it has go on.
 */
export const EndpointHealth = z.enum(['healthy', 'degraded', 'draining', 'unhealthy']);
export type EndpointHealth = z.infer<typeof EndpointHealth>;

const Host = z.string().refine(isHost, 'must be an IP address or a host name, without http:// and without a path');

/** `host:port`, `[2001:db8::1]:port`. */
const ShortEndpoint = z.string().superRefine((text, context) => {
  const parts = splitHostAndPort(text);
  if (/^[a-z]+:\/\//i.test(text)) {
    context.addIssue({
      code: 'custom',
      message: 'must be host:port, not a URL; TLS is said by `tls`, the path by `path`',
    });
  } else if (parts === null || !isHost(parts.address)) {
    context.addIssue({ code: 'custom', message: 'must be host:port, as 10.0.0.7:8000 or [2001:db8::1]:8000' });
  } else if (parts.port < 1 || parts.port > 65_535) {
    context.addIssue({ code: 'custom', message: 'must have a port from 1 to 65535' });
  }
});

const placed = {
  /** IP address or DNS name. */
  address: Host,
  port: Port,
  /** Its part of the requests, against those of the others. Absent: 1. */
  weight: Weight.optional(),
  region: Text.optional(),
  zone: Text.optional(),
  sub_zone: Text.optional(),
  health: EndpointHealth.optional(),
};

const LongEndpoint = z.strictObject({
  ...placed,
  /** 0 is used first; 1 when too few of 0 are healthy, and so on. */
  priority: z.int().min(0, 'must be 0 or more').max(MAX_PRIORITY, `must be ${MAX_PRIORITY} at most`).optional(),
  /** The name that health checks and rewritten hosts use for it. */
  hostname: Host.optional(),
});

/** A server of a cluster, as `host:port` or with its place and weight. */
export const GivenEndpoint = z.union([ShortEndpoint, LongEndpoint], 'must be host:port, or have address and port');
export type GivenEndpoint = z.infer<typeof GivenEndpoint>;

/** A server that registered itself. Written by the control plane. */
export const RegisteredEndpoint = z.strictObject({ id: Text, ...placed });
export type RegisteredEndpoint = z.infer<typeof RegisteredEndpoint>;

/** Endpoints of the cluster with the object's name, besides those that the cluster has itself. */
export const EndpointsSpec = z
  .strictObject({
    groups: Groups,
    endpoints: z.array(GivenEndpoint).superRefine(checkEndpoints).optional(),
    registered: z.array(RegisteredEndpoint).optional(),
    /** A priority overflows to the next when fewer than 100 / this of it are healthy. Absent: 140 (71 %). */
    overprovisioning_percent: Count.min(100, 'must be 100 or more').max(10_000).optional(),
    /** Requests that are refused to shed load. */
    drop_percent: Percent.optional(),
  })
  .superRefine((spec, context) => checkRegistered(spec.registered ?? [], context));
export type EndpointsSpec = z.infer<typeof EndpointsSpec>;

/** A server of a cluster, every field filled in. */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
  readonly weight: number;
  readonly region: string;
  readonly zone: string;
  readonly subZone: string;
  readonly priority: number;
  /** Null: as health checks find. */
  readonly health: EndpointHealth | null;
  readonly hostname: string | null;
}

/** The endpoint that was given, with defaults. */
export function readEndpoint(given: GivenEndpoint | RegisteredEndpoint): Endpoint {
  const long = typeof given === 'string' ? (splitHostAndPort(given) ?? { address: given, port: 0 }) : given;
  const rest: Partial<z.infer<typeof LongEndpoint>> = long;
  return {
    address: long.address,
    port: long.port,
    weight: rest.weight ?? 1,
    region: rest.region ?? '',
    zone: rest.zone ?? '',
    subZone: rest.sub_zone ?? '',
    priority: rest.priority ?? 0,
    health: rest.health ?? null,
    hostname: rest.hostname ?? null,
  };
}

/** Two endpoints at one place, and priorities with a gap, which Envoy fills with an empty one. */
export function checkEndpoints(given: readonly GivenEndpoint[], context: z.RefinementCtx): void {
  const endpoints = given.map(readEndpoint);
  const seen = new Map<string, number>();
  for (const [index, { address, port }] of endpoints.entries()) {
    const place = `${address}:${port}`;
    const first = seen.get(place);
    seen.set(place, first ?? index);
    if (first !== undefined) {
      context.addIssue({
        code: 'custom',
        path: [index],
        message: `is ${place} once more: it is endpoint ${first} already`,
      });
    }
  }
  const priorities = new Set(endpoints.map(({ priority }) => priority));
  const missing = [...priorities].find((priority) => priority > 0 && !priorities.has(priority - 1));
  if (missing !== undefined) {
    context.addIssue({
      code: 'custom',
      message: `has endpoints of priority ${missing} and none of ${missing - 1}: number priorities without gaps, from 0`,
    });
  }
}

function checkRegistered(registered: readonly RegisteredEndpoint[], context: z.RefinementCtx): void {
  const seen = new Set<string>();
  for (const [index, { id }] of registered.entries()) {
    if (seen.has(id)) {
      context.addIssue({ code: 'custom', path: ['registered', index, 'id'], message: 'is registered twice' });
    }
    seen.add(id);
  }
}

function splitHostAndPort(text: string): { address: string; port: number } | null {
  const match = HOST_AND_PORT.exec(text);
  if (match === null) return null;
  const [, six, other, port] = match;
  if (six !== undefined && !isIPv6(six)) return null;
  return { address: six ?? other ?? '', port: Number(port) };
}

/** Whether it is an IP address; else it is a name of DNS. */
export function isAddress(host: string): boolean {
  return isIP(host) !== 0;
}

/** An address, or a name of DNS: what looks like an IPv4 address that it is not is neither. */
function isHost(text: string): boolean {
  return isAddress(text) || (HOST_NAME.test(text) && !/^[\d.]+$/.test(text));
}
