import { randomBytes } from 'node:crypto';
import { chmod, mkdir, readdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DuckDBInstance, DuckDBTimestampTZValue } from '@duckdb/node-api';
import { HeadgateError } from '../../../kernel/errors.ts';
import { duckdbFault } from '../fault.ts';
import { literal } from '../names.ts';
import type { Places } from '../places.ts';

/** What DuckDB may use. */
export interface Resources {
  /** Null: a quarter of DuckDB's own default, which is most of the machine. */
  readonly memoryLimitMb: number | null;
  readonly threads: number | null;
}

/** Memory when nobody says otherwise: a gateway shares its machine with other things. MiB. */
const DEFAULT_MEMORY_MB = 1024;
/** Threads when nobody says otherwise. */
const DEFAULT_THREADS = 4;
/** Rows that do not fit into memory may take so much of the disk. GB. */
const SPILL_GB = 20;

/** What is set when the database is opened: nothing is fetched, nothing foreign is loaded. */
const OPENED_WITH = {
  autoinstall_known_extensions: 'false',
  autoload_known_extensions: 'false',
  allow_community_extensions: 'false',
  allow_unsigned_extensions: 'false',
};

/**
 * Opens the file with a configuration that SQL cannot change: files under the roots and the outputs alone, no extensions.
 * Errors: `unavailable` with `locked` when another process has it; `failed_precondition` for a file that cannot be read.
 */
export async function openDatabase(places: Places, resources: Resources): Promise<DuckDBInstance> {
  await mkdir(dirname(places.file), { recursive: true });
  await mkdir(places.folder, { recursive: true, mode: 0o700 });
  await mkdir(places.outputs, { recursive: true, mode: 0o700 });
  await chmod(places.folder, 0o700);
  const instance = await DuckDBInstance.create(places.file, OPENED_WITH).catch((error: unknown) => {
    throw openFault(error, places.file);
  });
  try {
    await removeOldSpills(places.folder);
    await lockConfiguration(instance, places, resources);
    DuckDBTimestampTZValue.timezoneOffsetInMinutes = 0;
    return instance;
  } catch (error) {
    instance.closeSync();
    throw duckdbFault(error);
  }
}

async function lockConfiguration(instance: DuckDBInstance, places: Places, resources: Resources): Promise<void> {
  const connection = await instance.connect();
  // Nobody can guess where sessions put what does not fit into memory, and nobody can ask.
  const spill = join(places.folder, `spill-${randomBytes(16).toString('hex')}`);
  const settings = [
    `SET GLOBAL TimeZone = 'UTC'`,
    `SET GLOBAL memory_limit = '${resources.memoryLimitMb ?? DEFAULT_MEMORY_MB}MiB'`,
    `SET GLOBAL threads = ${resources.threads ?? DEFAULT_THREADS}`,
    `SET GLOBAL temp_directory = ${literal(spill)}`,
    `SET GLOBAL max_temp_directory_size = '${SPILL_GB}GB'`,
    `SET GLOBAL allowed_directories = [${[...places.roots, places.outputs].map(literal).join(', ')}]`,
    'SET GLOBAL enable_external_access = false',
    `SET GLOBAL allow_persistent_secrets = false`,
    'SET GLOBAL lock_configuration = true',
  ];
  for (const setting of settings) await connection.run(setting);
  connection.closeSync();
}

/** What a process that died left behind; whoever has the file is alone here. */
async function removeOldSpills(folder: string): Promise<void> {
  const left = (await readdir(folder)).filter((name) => name.startsWith('spill-'));
  await Promise.all(left.map((name) => rm(join(folder, name), { recursive: true, force: true })));
}

/** Why a file does not open, and what to do. */
const OPEN_FAULTS: ReadonlyArray<{ says: RegExp; problem: string; hint: string }> = [
  {
    says: /not a valid DuckDB database|Corrupt database file|checksum/i,
    problem: 'is damaged, or is no DuckDB database',
    hint: 'Move it and its .wal aside, or restore a copy; Headgate makes a new one.',
  },
  {
    says: /version number|newer version|storage version/i,
    problem: 'was written by a newer DuckDB',
    hint: 'Use the Headgate that wrote it, or move the file aside.',
  },
  {
    says: /Permission denied|Read-only file system/i,
    problem: 'may not be opened by this user',
    hint: 'Give the user of Headgate the right to write it, or name another at local.path.',
  },
];

function openFault(error: unknown, file: string): HeadgateError {
  const text = error instanceof Error ? error.message : String(error);
  const pid = /\(PID (\d+)\)/.exec(text)?.[1];
  if (/Could not set lock|Conflicting lock|being used by another process/i.test(text)) {
    return new HeadgateError('unavailable', `Another process has the local database ${file} open.`, {
      hint: 'Close the program that uses it, or name another file at local.path.',
      details: { file, locked: true, ...(pid === undefined ? {} : { pid: Number(pid) }) },
      cause: error,
    });
  }
  const known = OPEN_FAULTS.find(({ says }) => says.test(text));
  if (known === undefined) return duckdbFault(error);
  return new HeadgateError('failed_precondition', `The local database ${file} ${known.problem}.`, {
    hint: known.hint,
    details: { file, error_type: 'IO Error' },
    cause: error,
  });
}
