import { z } from 'zod';
import type { Scope } from './caller.ts';
import { ConfigFile, type LogLevel, type RedactLevel } from './config-file.ts';
import type { Secret } from './config-scalars.ts';
import { nearest } from './nearest.ts';

/** A server that speaks the REST of the Spark History Server, and how to reach it. */
export interface RestServerAccess {
  /** Base, without `/api/v1`. */
  readonly url: string;
  readonly username: string | null;
  readonly password: Secret | null;
  readonly token: Secret | null;
  /** Absolute path of a PEM file. */
  readonly ca: string | null;
  readonly verify: boolean;
  readonly proxy: string | null;
  readonly timeoutMs: number;
}

/** Where a source is. */
export type SourcePlace =
  /** `path` is absolute. */
  | { readonly kind: 'folder'; readonly path: string }
  | {
      readonly kind: 's3';
      readonly uri: string;
      readonly region: string | null;
      readonly endpoint: string | null;
      readonly profile: string | null;
      readonly pathStyle: boolean;
      readonly timeoutMs: number;
    }
  | ({ readonly kind: 'history-server' } & RestServerAccess)
  | ({ readonly kind: 'live-ui' } & RestServerAccess)
  | {
      readonly kind: 'emr';
      readonly clusterArn: string;
      readonly endpoint: string | null;
      readonly profile: string | null;
      readonly timeoutMs: number;
    };

/** A named place where Spark applications leave their history. */
export interface SparkHistorySource {
  readonly name: string;
  readonly place: SourcePlace;
  /** Tenants that may read it; null: every tenant. */
  readonly tenants: readonly string[] | null;
}

/** The address of a source, as messages name it: without name and password, which people put into URLs. */
export function addressOf(place: SourcePlace): string {
  switch (place.kind) {
    case 'folder':
      return place.path;
    case 's3':
      return place.uri;
    case 'history-server':
    case 'live-ui':
      return place.url.replace(/^([a-z]+:\/\/)[^/?#]*@/i, '$1');
    case 'emr':
      return place.clusterArn;
  }
}

/** How callers show who they are. Both lists empty: there is no authentication. */
export interface AuthConfiguration {
  readonly tokens: ReadonlyArray<{
    readonly name: string;
    readonly sha256: string;
    readonly scopes: readonly Scope[];
    readonly tenant: string;
  }>;
  readonly issuers: ReadonlyArray<{
    readonly issuer: string;
    readonly audience: string;
    readonly jwksUrl: string | null;
    readonly ca: string | null;
    readonly scopesClaim: string;
    /** Words of the claim for ours; empty: the claim uses ours. */
    readonly scopes: Readonly<Record<string, Scope>>;
    readonly tenantClaim: string | null;
    readonly tenant: string;
  }>;
}

/** What somebody pays for machines of their own, by the hour. */
export interface OwnPrices {
  readonly perCoreHour: number;
  readonly perGibHour: number;
  /** ISO 4217. */
  readonly currency: string;
  /** YYYY-MM-DD. */
  readonly asOf: string;
}

/** What the history of runs and the advice go by. */
export interface InsightConfiguration {
  readonly history: {
    /** Spark properties whose values tell runs of one name apart. */
    readonly keys: readonly string[];
    /** Runs are forgotten so many days after they began. */
    readonly retentionDays: number;
  };
  /** Who summarises the logs of many applications: `auto` takes Spark, where there is one, from so many bytes on. */
  readonly fleet: { readonly engine: 'auto' | 'local' | 'spark'; readonly sparkFromBytes: number };
  /** What machines cost: the id of a price table, or own prices by the hour; null: no money is told. */
  readonly prices: string | OwnPrices | null;
  /** What no recommended configuration goes beyond; null: no limit. */
  readonly limits: {
    readonly maxExecutors: number | null;
    readonly maxExecutorCores: number | null;
    readonly maxExecutorMemoryGb: number | null;
    /** Of all executors together. */
    readonly maxCores: number | null;
  };
}

/** A Spark that things run on. */
export interface SparkConfiguration {
  /** Address of Spark Connect; null: none. */
  readonly remote: Secret | null;
  readonly token: Secret | null;
  /** `spark://…` or `local[N]`; null: none. */
  readonly master: string | null;
  readonly masterUrl: string | null;
  readonly submissionUrl: string | null;
  /** Absolute path of an installed Spark; null: none. */
  readonly home: string | null;
  readonly appName: string;
  /** Absolute folders that scripts and files may come from. */
  readonly roots: readonly string[];
  /** Where jobs leave their event logs: an absolute path or a URI; null: as the cluster is configured. */
  readonly eventLogs: string | null;
  readonly conf: Readonly<Record<string, string>>;
  readonly maxJobs: number;
  /** Tenants that may use it; null: every tenant. */
  readonly tenants: readonly string[] | null;
}

/** One PostgreSQL database. `url`, else the parts. */
export interface PostgresDatabaseConfiguration {
  readonly name: string;
  readonly url: Secret | null;
  readonly host: string | null;
  readonly port: number | null;
  readonly database: string | null;
  readonly user: string | null;
  readonly password: Secret | null;
  readonly readRole: string | null;
  readonly poolMin: number;
  readonly poolMax: number;
  readonly statementTimeoutMs: number;
  readonly applicationName: string;
  readonly tenants: readonly string[] | null;
}

/** DuckDB on this machine. */
export interface LocalConfiguration {
  /** Absolute path of the database file. */
  readonly path: string;
  /** Absolute folders whose files SQL may read and write. */
  readonly roots: readonly string[];
  readonly memoryLimitMb: number | null;
  readonly threads: number | null;
}

/** A port of the control plane. */
export interface ControlPlanePort {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Absolute paths of PEM files; null: in clear. With `clientCa` clients need a certificate that it signed. */
  readonly tls: { readonly certificate: string; readonly key: string; readonly clientCa: string | null } | null;
}

/** What `headgate control-plane` serves. */
export interface ControlPlaneConfiguration {
  /** gRPC: where proxies take their configuration from. */
  readonly xds: ControlPlanePort;
  /** REST. */
  readonly api: ControlPlanePort;
  /** Absolute path of the desired state; null: it is changed over REST alone. */
  readonly file: string | null;
  /** `merge`: REST may change what the file does not say. */
  readonly filePolicy: 'exclusive' | 'merge';
  readonly onNack: 'record' | 'rollback';
  readonly retentionDays: number;
  /** Allows addresses that other machines reach without authentication. */
  readonly insecureBind: boolean;
}

/** A control plane that runs, and how to reach its API. */
export interface GatewayAccess {
  /** Base, without `/api/v1`. */
  readonly url: string;
  readonly token: Secret | null;
  /** Absolute path of a PEM file. */
  readonly ca: string | null;
  /** Absolute paths of PEM files: the certificate of this client; null: none. */
  readonly client: { readonly certificate: string; readonly key: string } | null;
  readonly timeoutMs: number;
}

/** How a server makes itself an endpoint of a cluster. Null: as it listens, or unknown. */
export interface GatewayRegistration {
  readonly cluster: string;
  readonly address: string | null;
  readonly port: number | null;
  readonly region: string | null;
  readonly zone: string | null;
  readonly weight: number | null;
}

/** The configuration that everything runs with: file, environment and command line merged, defaults filled in, paths absolute. */
export interface Configuration {
  /** The one folder that Headgate writes to. */
  readonly home: string;
  readonly server: {
    readonly host: string;
    readonly port: number;
    readonly allowedHosts: readonly string[];
    readonly publicUrl: string | null;
    /** Absolute paths of PEM files. */
    readonly tls: { readonly certificate: string; readonly key: string } | null;
    readonly maxBodyBytes: number;
    /** For each caller; null: no limit. */
    readonly requestsPerMinute: number | null;
    /** Allows an address that other machines reach without authentication. */
    readonly insecureBind: boolean;
  };
  readonly auth: AuthConfiguration;
  /** `url` of a PostgreSQL database wins over the file. */
  readonly store: { readonly path: string; readonly url: Secret | null };
  /** Audit rows are removed after so many days; null: never. */
  readonly auditRetentionDays: number | null;
  readonly redact: RedactLevel;
  readonly telemetry: { readonly otlpEndpoint: string | null };
  readonly surface: { readonly toolsets: readonly string[] | null; readonly readOnly: boolean };
  readonly sparkHistory: { readonly sources: readonly SparkHistorySource[] };
  readonly insight: InsightConfiguration;
  /** Null: no Spark to run things on. */
  readonly spark: SparkConfiguration | null;
  /** Empty `databases`: no PostgreSQL. `default` is the name of one of them. */
  readonly postgres: { readonly databases: readonly PostgresDatabaseConfiguration[]; readonly default: string | null };
  /** Null: Spark or PostgreSQL is configured, or it is switched off. */
  readonly local: LocalConfiguration | null;
  readonly pipelines: { readonly scheduler: boolean; readonly maxRuns: number };
  readonly operations: { readonly waitMs: number; readonly retentionDays: number; readonly approvalTtlMs: number };
  readonly controlPlane: ControlPlaneConfiguration;
  /** Null: no control plane is named. */
  readonly gateway: (GatewayAccess & { readonly register: GatewayRegistration | null }) | null;
  readonly logLevel: LogLevel;
  /** Absolute path of the file that was read; null when there was none. */
  readonly file: string | null;
  /** What `--event-logs` or HEADGATE_EVENT_LOGS named, absolute; null when neither did. */
  readonly eventLogs: string | null;
  /** The HEADGATE_* variables that shape a server, as they were set, paths absolute: whoever starts another needs them. */
  readonly variables: Readonly<Record<string, string>>;
  /** What is allowed but should be changed, one sentence each. */
  readonly warnings: readonly string[];
}

/** One thing that is wrong in a configuration, at a path such as `server.port`. */
export interface ConfigProblem {
  readonly path: string;
  readonly message: string;
}

/** Checks a parsed `headgate.yaml`. An empty file is an empty configuration. */
export function parseConfigFile(document: unknown): { config: ConfigFile } | { problems: ConfigProblem[] } {
  const result = ConfigFile.safeParse(document ?? {});
  if (result.success) return { config: result.data };
  return { problems: result.error.issues.flatMap(problemsOf) };
}

function problemsOf(issue: z.core.$ZodIssue): ConfigProblem[] {
  const path = issue.path.join('.');
  if (issue.code !== 'unrecognized_keys') return [{ path: path === '' ? '(top level)' : path, message: issue.message }];
  const known = keysAt(issue.path);
  return issue.keys.map((key) => {
    const meant = nearest(key, known, 1)[0];
    const message =
      meant === undefined ? `unknown key; known are ${known.join(', ')}` : `unknown key; did you mean "${meant}"?`;
    return { path: [path, key].filter((part) => part !== '').join('.'), message };
  });
}

/** The keys that the schema knows at a path. */
function keysAt(path: readonly PropertyKey[]): string[] {
  let schema: z.core.$ZodType | undefined = ConfigFile;
  for (const part of path) {
    schema = withoutOptional(schema);
    if (schema instanceof z.ZodObject) schema = schema.shape[String(part)] as z.core.$ZodType | undefined;
    else if (schema instanceof z.ZodRecord) schema = schema.valueType;
  }
  schema = withoutOptional(schema);
  return schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
}

function withoutOptional(schema: z.core.$ZodType | undefined): z.core.$ZodType | undefined {
  return schema instanceof z.ZodOptional ? schema.unwrap() : schema;
}
