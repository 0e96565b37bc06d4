import { z } from 'zod';
import { ControlPlane, Gateway } from './config-control-plane.ts';
import { HttpUrl, Name, Port, Secret, Text } from './config-scalars.ts';

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
  /** Who summarises the logs of many applications. */
  fleet: z
    .strictObject({
      engine: z.enum(['auto', 'local', 'spark']).optional(),
      /** Of logs that are not read yet; `auto` takes Spark from here on. */
      spark_from_gb: z.number().positive().max(1e6).optional(),
    })
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

/** `sc://host:port/;token=…;use_ssl=true`, as PySpark takes it. */
const SparkRemote = z.union([
  z.string().regex(/^sc:\/\/[^\s]+$/, 'must be sc://HOST:PORT, with parameters after /;'),
  z.strictObject({ env: Text }),
  z.strictObject({ file: Text }),
  z.strictObject({ command: z.array(Text).min(1) }),
]);

/** A Spark to run things on: Spark Connect, a standalone cluster, or both. */
const Spark = z.strictObject({
  /** Address of Spark Connect, or where to take it from: it may hold a token. */
  remote: SparkRemote.optional(),
  token: Secret.optional(),
  /** `spark://HOST:PORT` of a standalone master; several masters between commas. `local[N]` runs jobs on this machine. */
  master: z
    .string()
    .regex(/^(spark:\/\/[^\s]+|local(\[(\*|\d+)\])?)$/, 'must be spark://HOST:PORT or local[N]')
    .optional(),
  /** Web address of the master, whose `/json/` tells the state of the cluster. */
  master_url: HttpUrl.optional(),
  /** Address of the master's REST submission API. */
  submission_url: HttpUrl.optional(),
  /** Where a Spark is installed: its `bin/spark-submit` runs Python jobs. `SPARK_HOME` when absent. */
  home: Text.optional(),
  app_name: Name.optional(),
  /** Folders that scripts and files may come from. */
  roots: z.array(Text).min(1).optional(),
  /** Where jobs leave their event logs; a source of the Spark history reads it. */
  event_logs: Text.optional(),
  /** Spark properties of every job. */
  conf: z
    .record(z.string().regex(/^spark\.[\w.-]{1,200}$/, 'must be the name of a Spark property'), z.string())
    .optional(),
  max_jobs: z.int().min(1).max(1000).optional(),
  /** Tenants that may use it; every tenant when absent. */
  tenants: z.array(Name).min(1).optional(),
});

/** A PostgreSQL database by URL or by parts. */
const PostgresDatabase = z.strictObject({
  url: Secret.optional(),
  host: Text.optional(),
  port: Port.optional(),
  database: Text.optional(),
  user: Text.optional(),
  password: Secret.optional(),
  /** Role that reads run as; the login itself when absent. */
  read_role: Text.optional(),
  pool_min: z.int().min(0).max(1000).optional(),
  pool_max: z.int().min(1).max(1000).optional(),
  statement_timeout_s: z.number().positive().max(86_400).optional(),
  application_name: z.string().min(1).max(63).optional(),
  tenants: z.array(Name).min(1).optional(),
});

/** SQL and pipelines on this machine, where neither Spark nor PostgreSQL is configured. */
const Local = z.strictObject({
  enabled: z.boolean().optional(),
  /** File of the DuckDB database; in the data folder when absent. */
  path: Text.optional(),
  /** Folders whose files SQL may read and write. */
  roots: z.array(Text).min(1).optional(),
  memory_limit_mb: z.int().min(64).max(1_048_576).optional(),
  threads: z.int().min(1).max(1024).optional(),
});

const Pipelines = z.strictObject({
  /** Runs scheduled pipelines in this process. Default: true. */
  scheduler: z.boolean().optional(),
  /** Runs at the same time in this process. */
  max_runs: z.int().min(1).max(1000).optional(),
});

/** Long runs and approvals. */
const Operations = z.strictObject({
  /** A call that takes longer answers with its operation. Seconds. */
  wait_s: z.number().min(0).max(300).optional(),
  /** Results are kept so long. */
  retention_days: z.int().min(1).max(3650).optional(),
  /** A confirm token is good so long. Seconds. */
  approval_ttl_s: z.int().min(10).max(86_400).optional(),
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
  spark: Spark.optional(),
  postgres: z
    .strictObject({ databases: z.record(Name, PostgresDatabase).optional(), default: Name.optional() })
    .optional(),
  local: Local.optional(),
  pipelines: Pipelines.optional(),
  operations: Operations.optional(),
  control_plane: ControlPlane.optional(),
  gateway: Gateway.optional(),
  log_level: LogLevel.optional(),
});
export type ConfigFile = z.infer<typeof ConfigFile>;
