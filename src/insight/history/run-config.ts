import { createHash } from 'node:crypto';
import type { Application } from '../../eventlog/index.ts';
import { redactProperty } from '../../kernel/redaction.ts';
import { isRunSpecific } from '../compare/environments.ts';

/** Longest value that is kept, characters, and most properties: Java options and class paths would fill the store. */
const VALUE_CHARS = 200;
const KEPT_PROPERTIES = 150;
/** Names and lists of files: they differ from run to run, or are long, and decide nothing. */
const LEFT_OUT =
  /^spark\.(app\.name|submit\.|repl\.|jars$|files$|archives$|yarn\.(dist|secondary\.jars)|(driver|executor)\.(extraJavaOptions|extraClassPath|defaultJavaOptions)$|kubernetes\.driver\.pod\.name|.*uploaded)/;

/** The configuration that a run had, as far as it can explain its duration. Secrets are masked. */
export interface RunConfig {
  /** Equal for equal properties. */
  readonly hash: string;
  readonly properties: Readonly<Record<string, string>>;
}

/** What an SQL execution set for itself. */
export type SessionSettings = Pick<Application['sqlExecutions'][number], 'modifiedConfigs'>;

/** Spark properties of a run, with those that all of its SQL executions set for themselves. */
export function runConfig({
  environment,
  sqlExecutions,
}: Pick<Application, 'environment'> & { readonly sqlExecutions: readonly SessionSettings[] }): RunConfig {
  const effective = new Map(Object.entries(environment.spark));
  for (const [key, value] of sharedBySessions(sqlExecutions)) effective.set(key, value);
  const kept = [...effective]
    .filter(([key]) => key.startsWith('spark.') && !isRunSpecific(key) && !LEFT_OUT.test(key))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .slice(0, KEPT_PROPERTIES)
    .map(([key, value]): [string, string] => [key, redactProperty(key, value).slice(0, VALUE_CHARS)]);
  const hash = createHash('sha256').update(JSON.stringify(kept)).digest('base64url').slice(0, 12);
  return { hash, properties: Object.fromEntries(kept) };
}

function sharedBySessions(executions: readonly SessionSettings[]): Array<[string, string]> {
  const [first, ...others] = executions;
  if (first === undefined) return [];
  return Object.entries(first.modifiedConfigs).filter(([key, value]) =>
    others.every(({ modifiedConfigs }) => modifiedConfigs[key] === value),
  );
}
