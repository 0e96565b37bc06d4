import type { ClientConfig } from 'pg';
import { HeadgateError } from '../../../kernel/errors.ts';
import type { SqlOptions, SqlSession } from '../../../kernel/sql-engine.ts';
import type { Database } from '../databases.ts';
import type { PlannedColumn } from './column-plan.ts';
import type { StagingTable } from './staging.ts';

/** Rows that the driver sends at once; it rewrites them into INSERTs of many rows. */
const BATCH_ROWS = 10_000;
/** Executors that write at the same time, each over a connection of its own. */
const MOST_WRITERS = 8;
const DRIVER = 'org.postgresql.Driver';

/** Text as Spark's SQL reads it back. */
const literal = (text: string) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
/** A name as Spark's SQL takes it. */
export const sparkName = (name: string) => `\`${name.replaceAll('`', '``')}\``;

/**
 * Lets Spark's executors write a query into a staging table over JDBC, in parallel.
 * Errors: `failed_precondition` when Spark has no driver for PostgreSQL; those of Spark, without the password.
 */
export async function writeByJdbc(
  session: SqlSession,
  database: Database,
  query: { sql: string; sourceNames: readonly string[]; columns: readonly PlannedColumn[] },
  staging: StagingTable,
  options: SqlOptions,
): Promise<void> {
  const { client } = await database.settings();
  const password = await passwordOf(client);
  const view = `headgate_${staging.name.slice(-16)}`;
  const table = `"${staging.schema.replaceAll('"', '""')}"."${staging.name}"`;
  const settings: Record<string, string> = {
    url: jdbcUrl(client),
    dbtable: table,
    user: client.user ?? '',
    password,
    driver: DRIVER,
    batchsize: String(BATCH_ROWS),
    numPartitions: String(MOST_WRITERS),
    isolationLevel: 'READ_COMMITTED',
  };
  const pairs = Object.entries(settings).map(([name, value]) => `${name} ${literal(value)}`);
  const columns = query.columns.map(({ source }) => sparkName(query.sourceNames[source] ?? '')).join(', ');
  try {
    await session.run(`CREATE OR REPLACE TEMPORARY VIEW ${view} USING jdbc OPTIONS (${pairs.join(', ')})`, options);
    await session.run(`INSERT INTO ${view} SELECT ${columns} FROM (\n${query.sql}\n)`, options);
  } catch (error) {
    throw sparkFailure(error, password);
  }
}

/** True when Spark cannot write to PostgreSQL at all: another way is open. */
export function isDriverMissing(error: unknown): boolean {
  return error instanceof HeadgateError && error.details?.missing_driver === DRIVER;
}

async function passwordOf({ password }: ClientConfig): Promise<string> {
  const given = typeof password === 'function' ? await password() : password;
  return given ?? '';
}

function jdbcUrl({ host = 'localhost', port = 5432, database = '', ssl }: ClientConfig): string {
  if (host.startsWith('/')) {
    throw new HeadgateError('failed_precondition', 'Spark cannot reach a database over a socket of this machine.', {
      hint: 'Use path_choice: copy, or configure the database by host and port.',
    });
  }
  const parameters = new URLSearchParams({
    reWriteBatchedInserts: 'true',
    // The server gives text the type of its column: uuid, jsonb, enumerations.
    stringtype: 'unspecified',
    ApplicationName: 'headgate bulk load',
    ...tlsOf(ssl),
  });
  const address = host.includes(':') ? `[${host}]` : host;
  return `jdbc:postgresql://${address}:${port}/${encodeURIComponent(database)}?${parameters}`;
}

/** Certificates are checked where the configuration does, by what the executors' Java trusts. */
function tlsOf(ssl: ClientConfig['ssl']): Record<string, string> {
  if (ssl === undefined || ssl === false) return { sslmode: 'disable' };
  if (ssl === true || ssl.rejectUnauthorized === false) return { sslmode: 'require' };
  return { sslmode: 'verify-full', sslfactory: 'org.postgresql.ssl.DefaultJavaSSLFactory' };
}

function sparkFailure(error: unknown, password: string): unknown {
  if (!(error instanceof HeadgateError)) return error;
  if (/ClassNotFoundException: org\.postgresql\.Driver|No suitable driver/.test(error.message)) {
    return new HeadgateError('failed_precondition', 'Spark has no JDBC driver for PostgreSQL.', {
      hint: 'Start Spark with spark.jars.packages=org.postgresql:postgresql:42.7.7, or use path_choice: copy.',
      details: { missing_driver: DRIVER },
    });
  }
  if (password === '' || !JSON.stringify(error.toBody()).includes(JSON.stringify(password).slice(1, -1))) return error;
  // Without cause and details: they would carry the password into logs.
  return new HeadgateError(error.code, error.message.replaceAll(password, '***'));
}
