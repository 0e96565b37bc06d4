import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withInstallLock } from './install-lock.ts';
import { findJava } from './java.ts';
import { installPythonEnvironment } from './python-environment.ts';
import { type ServerProcess, startServer } from './server-process.ts';
import { describeSpark, installSpark, type SparkInstallation, type SparkLine } from './spark.ts';

/** How a Spark Connect server is started. */
export interface SparkConnectSettings {
  /** Default: `4.3`. */
  line?: SparkLine;
  /** Default: `local[2]`. */
  master?: string;
  /** More Spark properties; they win over those that are set here. */
  properties?: Record<string, string>;
  /** Default: a free one. */
  port?: number;
  /** Driver heap, as Spark writes it. Default: `1g`. */
  memory?: string;
  /** Where metastore_db, spark-warehouse and relative paths are. Default: a folder that `stop` removes. */
  cwd?: string;
  env?: NodeJS.ProcessEnv;
}

/** A running Spark Connect server. */
export interface SparkConnectServer {
  /** `sc://127.0.0.1:PORT`. */
  remote: string;
  port: number;
  version: string;
  spark: SparkInstallation;
  /** The Java process. */
  pid: number;
  cwd: string;
  output(): string;
  stop(): Promise<void>;
}

const CACHE = fileURLToPath(new URL('../../.cache/spark', import.meta.url));

/** The newest 3.5 whose Connect server Maven Central has; PyPI's PySpark 3.5 comes without it. */
const SPARK_35 = '3.5.7';
const CONNECT_35 = {
  file: `spark-connect_2.12-${SPARK_35}.jar`,
  url: `https://repo1.maven.org/maven2/org/apache/spark/spark-connect_2.12/${SPARK_35}/spark-connect_2.12-${SPARK_35}.jar`,
  sha256: '15366e21273a874c760b51fa00743a2acb8fa78642cc35d7a076a3ade0c5eef6',
};
const START_TIMEOUT_MS = 180_000;

/** Installs Spark of a line with its Connect server, once; milliseconds after that. */
export async function installSparkConnect(line: SparkLine): Promise<SparkInstallation> {
  if (line === '4.3') return installSpark('4.3', { connect: true });
  await findJava();
  const directory = join(CACHE, `${SPARK_35}-connect`);
  await installPythonEnvironment(directory, [`pyspark==${SPARK_35}`]);
  const spark = await describeSpark(directory, SPARK_35);
  await installConnectJar(join(spark.sparkHome, 'jars', CONNECT_35.file));
  return spark;
}

/** Starts a real Spark Connect server; resolves when it answers on its port. */
export async function startSparkConnect(settings: SparkConnectSettings = {}): Promise<SparkConnectServer> {
  const spark = await installSparkConnect(settings.line ?? '4.3');
  const cwd = settings.cwd ?? (await mkdtemp(join(tmpdir(), 'headgate-spark-connect-')));
  const port = settings.port ?? (await freePort());
  const server = await startServer({
    name: 'Spark Connect server',
    command: join(spark.sparkHome, 'bin', 'spark-submit'),
    args: [
      '--class',
      'org.apache.spark.sql.connect.service.SparkConnectServer',
      ...['--master', settings.master ?? 'local[2]', '--driver-memory', settings.memory ?? '1g'],
      ...Object.entries(propertiesOf(port, cwd, settings)).flatMap(([key, value]) => ['--conf', `${key}=${value}`]),
      'spark-internal',
    ],
    env: { ...spark.env, ...settings.env },
    cwd,
    readyWhen: /Spark Connect server started at: \S+?:(\d+)/,
    timeoutMs: START_TIMEOUT_MS,
  });
  return describeServer(server, spark, port, cwd, settings.cwd === undefined);
}

function propertiesOf(port: number, cwd: string, settings: SparkConnectSettings): Record<string, string> {
  return {
    'spark.connect.grpc.binding.address': '127.0.0.1',
    'spark.connect.grpc.binding.port': String(port),
    'spark.ui.enabled': 'false',
    'spark.ui.showConsoleProgress': 'false',
    'spark.sql.warehouse.dir': join(cwd, 'spark-warehouse'),
    'spark.sql.shuffle.partitions': '2',
    'spark.sql.session.timeZone': 'UTC',
    ...settings.properties,
  };
}

function describeServer(
  server: ServerProcess,
  spark: SparkInstallation,
  port: number,
  cwd: string,
  ownFolder: boolean,
): SparkConnectServer {
  return {
    remote: `sc://127.0.0.1:${port}`,
    port,
    version: spark.version,
    spark,
    pid: server.pid,
    cwd,
    output: () => server.output(),
    async stop() {
      await server.stop();
      if (ownFolder) await rm(cwd, { recursive: true, force: true });
    },
  };
}

async function installConnectJar(path: string): Promise<void> {
  if (await hasDigest(path)) return;
  await withInstallLock(path, async () => {
    if (await hasDigest(path)) return;
    const response = await fetch(CONNECT_35.url);
    if (!response.ok) throw new Error(`${CONNECT_35.url} answered ${response.status}`);
    const part = `${path}.part`;
    await writeFile(part, new Uint8Array(await response.arrayBuffer()));
    if (!(await hasDigest(part))) throw new Error(`${CONNECT_35.url} is not the file that is pinned (SHA-256)`);
    await rename(part, path);
  });
}

async function hasDigest(path: string): Promise<boolean> {
  const bytes = await readFile(path).catch(() => null);
  return bytes !== null && createHash('sha256').update(bytes).digest('hex') === CONNECT_35.sha256;
}

/** A loopback port that nobody listened on a moment ago. */
async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve, reject) => {
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', resolve);
  });
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
