import type { DatabaseSync } from 'node:sqlite';
import { HeadgateError } from '../../kernel/errors.ts';
import type { Migration } from '../migrations.ts';
import { storeFailure } from './failure.ts';

/** "HGAT": marks a SQLite file as a store of Headgate. */
const APPLICATION_ID = 0x48474154;

/**
 * The schema version of a database; 0 for an empty one.
 * Errors: `failed_precondition` when it belongs to another program, or to a newer Headgate than `known` steps.
 */
export function readVersion(database: DatabaseSync, path: string, known: number): number {
  const { version, applicationId, tables } = database.isTransaction ? readMarks(database) : readMarksAtOnce(database);
  if (applicationId !== APPLICATION_ID) {
    if (version === 0 && tables === 0) return 0;
    throw new HeadgateError('failed_precondition', `${path} is a database of another program.`, {
      hint: 'Name another file with store.path. This one was not changed.',
    });
  }
  if (version <= known) return version;
  throw new HeadgateError(
    'failed_precondition',
    `The store ${path} was written by a newer Headgate (schema ${version}, this one knows ${known}).`,
    { hint: 'Update Headgate, or name another store with store.path or HEADGATE_HOME. The file was not changed.' },
  );
}

/** What tells whose a database is. */
interface Marks {
  readonly version: number;
  readonly applicationId: number;
  readonly tables: number;
}

function readMarks(database: DatabaseSync): Marks {
  const version = pragma(database, 'user_version');
  const applicationId = pragma(database, 'application_id');
  const { tables } = database.prepare('select count(*) as tables from sqlite_schema').get() as { tables: number };
  return { version, applicationId, tables };
}

/** All three of one moment: between two reads another process may create the store. */
function readMarksAtOnce(database: DatabaseSync): Marks {
  database.exec('begin');
  try {
    return readMarks(database);
  } finally {
    if (database.isTransaction) database.exec('rollback');
  }
}

/**
 * Runs the steps that a database lacks, all or none, while no other process writes to it.
 * Returns the version. Errors: as `readVersion`; `internal` when a step fails, after which the database is as before.
 */
export function migrate(database: DatabaseSync, path: string, migrations: readonly Migration[]): number {
  database.exec('begin immediate');
  try {
    const from = readVersion(database, path, migrations.length);
    for (const [index, migration] of migrations.entries()) {
      if (index >= from) runStep(database, path, index + 1, migration);
    }
    database.exec(`pragma application_id = ${APPLICATION_ID}`);
    database.exec(`pragma user_version = ${migrations.length}`);
    database.exec('commit');
    return migrations.length;
  } catch (error) {
    if (database.isTransaction) database.exec('rollback');
    throw error;
  }
}

function runStep(database: DatabaseSync, path: string, version: number, { name, sql }: Migration): void {
  try {
    database.exec(typeof sql === 'string' ? sql : sql.sqlite);
  } catch (cause) {
    // The disk's or file's trouble keeps its meaning; any other error is one of the step.
    if (storeFailure(cause, path) instanceof HeadgateError) throw cause;
    throw new HeadgateError('internal', `The store ${path} could not be brought to schema ${version} (${name}).`, {
      hint: 'The store is as it was before: the Headgate that wrote it still works. Please report this.',
      cause,
    });
  }
}

function pragma(database: DatabaseSync, name: 'user_version' | 'application_id'): number {
  return Object.values(database.prepare(`pragma ${name}`).get() ?? {})[0] as number;
}
