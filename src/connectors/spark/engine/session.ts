import type { SqlOptions, SqlSession } from '../../../kernel/sql-engine.ts';
import type { SparkConnect } from '../../../spark-connect/index.ts';
import { drop, viewFiles, writeFiles } from './files.ts';
import { quoteName } from './quoting.ts';
import { writeTable } from './tables.ts';

/** A session of Spark for one run of another room. `python` is absent where no Python with PySpark is known. */
export function createSession(
  session: SparkConnect,
  roots: readonly string[],
  python: SqlSession['python'] | undefined,
): SqlSession {
  const kept = new Set<string>();
  const options = ({ signal, parameters, onProgress }: SqlOptions) => ({ signal, parameters, onProgress });
  return {
    engine: 'spark',
    query: (sql, run) => session.query(sql, options(run)),
    async run(sql, run) {
      await session.run(sql, options(run));
      return { affectedRows: null };
    },
    describe: (sql, run) => session.columns(sql, options(run)),
    viewFiles: (name, files, run) => viewFiles(session, name, files, roots, run),
    viewRows: (name, rows, run) => session.viewRows(name, rows.chunks, options(run)),
    async viewQuery(name, sql, keep, run) {
      if (!keep) return session.run(`CREATE OR REPLACE TEMPORARY VIEW ${quoteName(name)} AS ${sql}`, options(run));
      if (kept.has(name)) await drop(session, [name]);
      kept.add(name);
      return session.run(`CACHE TABLE ${quoteName(name)} AS ${sql}`, options(run));
    },
    writeFiles: (sql, files, mode, run) => writeFiles(session, sql, files, mode, roots, run),
    writeTable: (sql, table, mode, keys, run) => writeTable(session, { sql, table, mode, keys }, run),
    ...(python === undefined ? {} : { python }),
    async close() {
      // What is cached belongs to the server, not to the session.
      await drop(session, [...kept]);
      await session.close();
    },
  };
}
