import { userInfo } from 'node:os';
import type { SqlEngine, SqlOptions, SqlSession } from '../../../kernel/sql-engine.ts';
import type { SparkConnect } from '../../../spark-connect/index.ts';
import { childEnvironment, pythonOf, pythonPathOf } from '../jobs/child-environment.ts';
import type { SparkSessions } from '../sql/sessions.ts';
import { runPython } from './python.ts';
import { createSession } from './session.ts';

/** What an engine is made of. */
export interface EngineParts {
  readonly sessions: SparkSessions;
  /** Folders whose files statements may name. */
  readonly roots: readonly string[];
  /** Folder of an installed Spark; null: none. */
  readonly home: string | null;
  readonly environment: NodeJS.ProcessEnv;
}

/** Who statements of other rooms run as. */
const SUBJECT = 'headgate engine';

/** SQL on Spark for the other rooms of a tenant, over Spark Connect. */
export function createSparkEngine(tenant: string, parts: EngineParts): SqlEngine {
  const { sessions, roots } = parts;
  const withSession = <T>(work: (session: SparkConnect) => Promise<T>) => sessions.use(tenant, SUBJECT, work);
  const options = ({ signal, parameters, onProgress }: SqlOptions) => ({ signal, parameters, onProgress });
  return {
    engine: 'spark',
    async query(sql, run) {
      const session = await sessions.fresh();
      try {
        const { columns, chunks } = await session.query(sql, options(run));
        return { columns, chunks: closing(chunks, session) };
      } catch (error) {
        await session.close().catch(() => undefined);
        throw error;
      }
    },
    async run(sql, run) {
      await withSession((session) => session.run(sql, options(run)));
      return { affectedRows: null };
    },
    describe: (sql, run) => withSession((session) => session.columns(sql, options(run))),
    async session() {
      const session = await sessions.fresh();
      return createSession(session, roots, pythonIn(session, parts));
    },
  };
}

/** Chunks of a session that is closed when they were read, or left. The server forgets it by itself when it cannot be told. */
async function* closing(chunks: AsyncIterable<Uint8Array>, session: SparkConnect): AsyncGenerator<Uint8Array> {
  try {
    yield* chunks;
  } finally {
    await session.close().catch(() => undefined);
  }
}

/** Python that joins a session by its id, as the user whose session it is. */
function pythonIn(
  session: SparkConnect,
  { sessions, home, environment }: EngineParts,
): SqlSession['python'] | undefined {
  const hasPython = environment.PYSPARK_PYTHON !== undefined || environment.PYSPARK_DRIVER_PYTHON !== undefined;
  if (home === null && !hasPython) return undefined;
  return async (code, run) => {
    const remote = (await sessions.remote()) ?? '';
    const own = {
      SPARK_REMOTE: inSession(remote, session.sessionId),
      ...(home === null ? {} : { PYTHONPATH: pythonPathOf(home) }),
    };
    return runPython(code, { python: pythonOf(environment), env: childEnvironment(environment, own) }, run);
  };
}

function inSession(remote: string, sessionId: string): string {
  const base = remote.replace(/;session_id=[^;]*/, '').replace(/^(sc:\/\/[^/]+)$/, '$1/');
  const user = /;user_id=/.test(base) ? '' : `;user_id=${encodeURIComponent(userInfo().username)}`;
  return `${base}${user};session_id=${sessionId}`;
}
