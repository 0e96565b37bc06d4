import { z } from 'zod';

/** Names of sources, tokens, tenants and other things a user may name in the configuration, and then in a tool call. */
const Name = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'must be 1 to 64 letters, digits, ".", "_" or "-"');

/** Port 0 asks the system for a free one. */
const Port = z.int().min(0).max(65_535);

const Text = z.string().min(1);

const HttpUrl = z.string().regex(/^https?:\/\/[^\s]+$/i, 'must be a URL that begins with http:// or https://');

/** A secret: in clear (warned of), or where to take it from. */
export const Secret = z.union(
  [
    Text,
    z.strictObject({ env: Text }),
    z.strictObject({ file: Text }),
    z.strictObject({ command: z.array(Text).min(1) }),
  ],
  'must be text, {env: NAME}, {file: PATH} or {command: [PROGRAM, ARGUMENT…]}',
);
export type Secret = z.infer<typeof Secret>;

/** What pino calls its levels. */
export const LogLevel = z.enum(['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace']);
export type LogLevel = z.infer<typeof LogLevel>;

/** What is masked before anything leaves an event log; each level holds the ones before it. */
export const RedactLevel = z.enum(['secrets', 'literals', 'identities']);
export type RedactLevel = z.infer<typeof RedactLevel>;

const Scopes = z.array(z.enum(['read', 'write', 'admin'])).min(1);

/** A server that speaks the REST of the Spark History Server. */
const RestServer = z.strictObject({
  url: HttpUrl,
  username: Text.optional(),
  password: Secret.optional(),
  token: Secret.optional(),
  /** PEM file of certificate authorities to trust besides the system's. */
  ca: Text.optional(),
  verify: z.boolean().optional(),
  proxy: HttpUrl.optional(),
  timeout_s: z.number().positive().max(3600).optional(),
});

const S3Location = z.strictObject({
  uri: z.string().regex(/^s3a?:\/\/[^/\s]+(\/.*)?$/, 'must be s3://BUCKET/PREFIX'),
  region: Text.optional(),
  endpoint: HttpUrl.optional(),
  profile: Text.optional(),
  path_style: z.boolean().optional(),
  timeout_s: z.number().positive().max(3600).optional(),
});

const EmrCluster = z.strictObject({
  cluster_arn: z.string().regex(/^arn:aws[a-z-]*:elasticmapreduce:[a-z0-9-]+:\d{12}:cluster\/j-[A-Z0-9]+$/, {
    error: 'must be arn:aws:elasticmapreduce:REGION:ACCOUNT:cluster/j-ID',
  }),
  endpoint: HttpUrl.optional(),
  profile: Text.optional(),
  timeout_s: z.number().positive().max(3600).optional(),
});

/** The kinds of places; a source has exactly one of these keys. */
export const SOURCE_KINDS = ['path', 's3', 'history_server', 'live_ui', 'emr'] as const;

const Source = z
  .strictObject({
    path: Text.optional(),
    s3: S3Location.optional(),
    history_server: RestServer.optional(),
    live_ui: RestServer.optional(),
    emr: EmrCluster.optional(),
    /** Who may read it; every tenant when absent. */
    tenants: z.array(Name).min(1).optional(),
  })
  .refine(
    (source) => SOURCE_KINDS.filter((kind) => source[kind] !== undefined).length === 1,
    `must have exactly one of ${SOURCE_KINDS.join(', ')}`,
  );

const StaticToken = z.strictObject({
  name: Name,
  /** SHA-256 of the token, in hex: the token itself is not kept. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/, 'must be the SHA-256 of the token, 64 hexadecimal digits'),
  scopes: Scopes.optional(),
  tenant: Name.optional(),
});

const Issuer = z.strictObject({
  issuer: HttpUrl,
  audience: Text,
  /** Where its keys are; found through its metadata when absent. */
  jwks_url: HttpUrl.optional(),
  ca: Text.optional(),
  /** Claim with the scopes, a list or words; `scope` when absent. */
  scopes_claim: Text.optional(),
  /** Words of that claim for ours, e.g. `headgate:read: read`. */
  scopes: z.record(Text, z.enum(['read', 'write', 'admin'])).optional(),
  /** Claim with the tenant; without it everyone of this issuer is of `tenant`, else of `local`. */
  tenant_claim: Text.optional(),
  tenant: Name.optional(),
});

/** What the advice and the history of runs go by. */
const Insight = z.strictObject({
  history: z
    .strictObject({
      /** Spark properties whose values tell runs of one name apart. */
      keys: z
        .array(z.string().regex(/^[A-Za-z][\w.-]{0,199}$/, 'must be the name of a property'))
        .max(10)
        .optional(),
      retention_days: z.int().min(1).max(36_500).optional(),
    })
    .optional(),
  /** What machines cost: a table of the reference by its id, or what is paid for a core and a GiB of memory by the hour. */
  prices: z
    .union([
      z.string().regex(/^[a-z0-9-]+\/[a-z0-9.-]+$/, 'must be the id of a price table, like aws-emr-serverless/x86'),
      z.strictObject({
        core_hour: z.number().nonnegative().max(1e6),
        gib_hour: z.number().nonnegative().max(1e6),
        currency: z.string().regex(/^[A-Z]{3}$/, 'must be a currency of three letters, like EUR'),
        as_of: z.iso.date(),
      }),
    ])
    .optional(),
  /** What no recommended configuration goes beyond. */
  limits: z
    .strictObject({
      max_executors: z.int().min(1).max(100_000).optional(),
      max_executor_cores: z.int().min(1).max(1024).optional(),
      max_executor_memory_gb: z.number().positive().max(65_536).optional(),
      max_cores: z.int().min(1).max(1_000_000).optional(),
    })
    .optional(),
});

/** `headgate.yaml` as it is written: every key is optional, unknown keys are errors. */
export const ConfigFile = z.strictObject({
  server: z
    .strictObject({
      host: Text.optional(),
      port: Port.optional(),
      allowed_hosts: z.array(Text).optional(),
      /** How clients reach it, where a proxy stands before it. */
      public_url: HttpUrl.optional(),
      tls: z.strictObject({ certificate: Text, key: Text }).optional(),
      max_body_bytes: z.int().min(1024).max(104_857_600).optional(),
      requests_per_minute: z.int().min(1).optional(),
    })
    .optional(),
  auth: z
    .strictObject({ tokens: z.array(StaticToken).min(1).optional(), issuers: z.array(Issuer).min(1).optional() })
    .optional(),
  store: z.strictObject({ path: Text.optional(), url: Secret.optional() }).optional(),
  audit: z.strictObject({ retention_days: z.int().min(1).max(36_500) }).optional(),
  redact: RedactLevel.optional(),
  telemetry: z.strictObject({ otlp_endpoint: HttpUrl.optional() }).optional(),
  surface: z.strictObject({ toolsets: z.array(Text).min(1).optional(), read_only: z.boolean().optional() }).optional(),
  spark_history: z.strictObject({ sources: z.record(Name, Source).optional() }).optional(),
  insight: Insight.optional(),
  log_level: LogLevel.optional(),
});
export type ConfigFile = z.infer<typeof ConfigFile>;
