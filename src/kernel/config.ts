import { z } from 'zod';
import { nearest } from './nearest.ts';

/** Names of sources and other things a user may name in the configuration, and then in a tool call. */
const Name = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'must be 1 to 64 letters, digits, ".", "_" or "-"');

/** Port 0 asks the system for a free one. */
const Port = z.int().min(0).max(65_535);

/** What pino calls its levels. */
export const LogLevel = z.enum(['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace']);
export type LogLevel = z.infer<typeof LogLevel>;

/** `headgate.yaml` as it is written: every key is optional, unknown keys are errors. */
export const ConfigFile = z.strictObject({
  server: z.strictObject({ host: z.string().min(1).optional(), port: Port.optional() }).optional(),
  store: z.strictObject({ path: z.string().min(1).optional() }).optional(),
  surface: z
    .strictObject({ toolsets: z.array(z.string().min(1)).min(1).optional(), read_only: z.boolean().optional() })
    .optional(),
  spark_history: z
    .strictObject({ sources: z.record(Name, z.strictObject({ path: z.string().min(1) })).optional() })
    .optional(),
  log_level: LogLevel.optional(),
});
export type ConfigFile = z.infer<typeof ConfigFile>;

/** A named place where Spark writes its event logs. */
export interface SparkHistorySource {
  readonly name: string;
  /** Absolute. */
  readonly path: string;
}

/** The configuration that everything runs with: file, environment and command line merged, defaults filled in, paths absolute. */
export interface Configuration {
  /** The one folder that Headgate writes to. */
  readonly home: string;
  readonly server: { readonly host: string; readonly port: number };
  readonly store: { readonly path: string };
  readonly surface: { readonly toolsets: readonly string[] | null; readonly readOnly: boolean };
  readonly sparkHistory: { readonly sources: readonly SparkHistorySource[] };
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
