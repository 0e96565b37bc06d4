import { z } from 'zod';
import { Access } from './access.ts';
import { Cors } from './cors.ts';
import { Count, CountOrNone, Groups, ObjectName, Percent, Port, Seconds, SecondsOrNever, Text } from './fields.ts';
import { checkFormat } from './format-text.ts';
import { Jwt } from './jwt.ts';
import { HeaderName, ToolName } from './match.ts';
import { RateLimit } from './rate-limit.ts';

/** Most that Envoy's MCP filter reads of a message, bytes: its API says 10 MB. */
const MAX_MESSAGE_BYTES = 10_485_760;

const Tls = z
  .strictObject({
    /** Secret with the certificate and its key, or several, of which the client's SNI picks one. */
    certificate: z.union([ObjectName, z.array(ObjectName).min(1, 'must name a secret')]),
    /** Secret with the CA whose certificates clients must show (mTLS). */
    client_ca: ObjectName.optional(),
    /** False: a client without a certificate is let in; one with a bad certificate is not. */
    client_certificate_required: z.boolean().default(true),
    /** DNS names or URIs, any of which the client's certificate must have. `*.` at the beginning stands for any name before it. */
    client_names: z.array(Text).min(1, 'must have a name').optional(),
    min_version: z.enum(['1.2', '1.3']).default('1.2'),
  })
  .refine(({ client_ca, client_names }) => client_names === undefined || client_ca !== undefined, {
    path: ['client_names'],
    message: 'needs client_ca: names of a certificate that nobody vouches for say nothing',
  });
export type Tls = z.infer<typeof Tls>;

/** Protection against what clients can send; defaults are those of Envoy's guide for edge proxies. */
const Limits = z.strictObject({
  /** Connections at once; absent: as many as the process may have (`overload_manager` of the bootstrap). */
  connections: Count.optional(),
  connection_buffer_bytes: Count.default(32_768),
  /** Streams at once on a connection of HTTP/2. */
  concurrent_streams: Count.default(100),
  request_headers_kb: Count.max(8192, 'must be 8192 at most').default(60),
  requests_per_connection: Count.optional(),
});

/** Seconds; 0 is never. */
const ListenerTimeouts = z.strictObject({
  /** A connection without a request. */
  connection_idle_s: SecondsOrNever.default(3600),
  /** A request without a byte in either direction: long, because a tool may work for long and an SSE stream be quiet. */
  stream_idle_s: SecondsOrNever.default(3600),
  request_headers_s: SecondsOrNever.default(10),
  /** From the first byte of a request to its last, not to its answer. */
  request_s: SecondsOrNever.default(300),
  /** Between the notice that a connection will be closed and its end. */
  drain_s: Seconds.default(5),
});

const AccessLog = z.strictObject({
  to: z.union([z.enum(['stdout', 'stderr']), z.strictObject({ file: Text })]).default('stdout'),
  /** More fields, or others for those that are there, in Envoy's format: `user: "%REQ(X-USER)%"`. */
  fields: z.record(Text, Text.superRefine(checkFormat)).default({}),
});
export type AccessLog = z.infer<typeof AccessLog>;

const Tracing = z.strictObject({
  /** Cluster of an OpenTelemetry collector that takes OTLP over gRPC. */
  cluster: ObjectName,
  service_name: Text.default('headgate-envoy'),
  /** Of the requests that come without a decision, percent. */
  sampling: Percent.default(100),
});
export type Tracing = z.infer<typeof Tracing>;

/**
 * How tenants are told apart. Whatever says it, filters, routes, logs and the upstream see it in one header, `x-headgate-tenant`,
 * which clients cannot set themselves.
 */
const Tenancy = z.strictObject({
  by: z.union([
    /** Claim of a verified JWT, by dotted path. */
    z.strictObject({ claim: Text }),
    /** Name in the client's verified certificate. */
    z.strictObject({ certificate: z.enum(['uri_san', 'dns_san', 'subject']) }),
    /** Header that a trusted proxy in front sets: whoever can reach the listener can say it is anyone. */
    z.strictObject({ header: HeaderName }),
  ]),
  /** What is done with requests of none of the tenants. */
  unknown: z.enum(['refuse', 'allow']).default('refuse'),
});
export type Tenancy = z.infer<typeof Tenancy>;

/** Envoy's MCP filter, which reads messages so that tools are known without the client's word. */
const Mcp = z.strictObject({
  /** `auto`: where Envoy has it (1.37) and something of the listener or its routes needs the name of a tool. */
  filter: z.enum(['auto', 'on', 'off']).default('auto'),
  /** The filter reads that much of a message; a larger one is refused where tools matter. */
  max_message_bytes: Count.max(MAX_MESSAGE_BYTES, `must be ${MAX_MESSAGE_BYTES} at most`).default(1_048_576),
  /** What is done with requests that are not MCP. `auto`: refused where tools have rules or limits, else let through. */
  other_requests: z.enum(['auto', 'refuse', 'allow']).default('auto'),
  /** Where the filter takes method and tool from; `headers` believes the client. Of Envoy 1.40; before it, `body`. */
  source: z.enum(['verify', 'body', 'headers']).default('verify'),
});
export type Mcp = z.infer<typeof Mcp>;

/** What Envoy listens on, with everything that is done before routes. */
export const ListenerSpec = z.strictObject({
  groups: Groups,
  address: z
    .string()
    .regex(/^[0-9A-Fa-f:.]+$/, 'must be an address, as 0.0.0.0 or ::')
    .default('0.0.0.0'),
  port: Port.default(10_000),
  tls: Tls.optional(),
  protocols: z.enum(['auto', 'http1', 'http2']).default('auto'),
  /** Proxies in front of Envoy that add to X-Forwarded-For. */
  trusted_proxies: CountOrNone.default(0),
  limits: Limits.prefault({}),
  timeouts: ListenerTimeouts.prefault({}),
  access_log: z.union([z.literal(false), AccessLog]).prefault({}),
  tracing: Tracing.optional(),
  cors: Cors.optional(),
  jwt: Jwt.optional(),
  tenants: Tenancy.optional(),
  access: Access.optional(),
  /** All requests together. */
  rate_limit: RateLimit.optional(),
  /** Calls of single tools, on all routes together. */
  tool_rate_limits: z.record(ToolName, RateLimit).optional(),
  mcp: Mcp.prefault({}),
});
export type ListenerSpec = z.infer<typeof ListenerSpec>;
