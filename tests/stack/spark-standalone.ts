import { type ServerProcess, startServer } from './server-process.ts';
import type { SparkInstallation } from './spark.ts';

/** The shape of a standalone cluster. */
export interface StandaloneSettings {
  workers: number;
  coresPerWorker: number;
  /** As Spark writes it: `1g`. */
  memoryPerWorker: string;
  cwd: string;
  /** Serve the REST submission API too. Its port is Spark's own, 6066. Default: false. */
  submissionApi?: boolean;
}

/** A running standalone master with its workers. */
export interface StandaloneCluster {
  /** `spark://127.0.0.1:PORT`. */
  master: string;
  /** `http://127.0.0.1:PORT`; cluster state as JSON is at `/json/`. */
  webUrl: string;
  stop(): Promise<void>;
}

/**
 * Starts a standalone master and its workers on free loopback ports; resolves when every worker is registered.
 * Each worker has a loopback address of its own (127.0.0.2 and on, Linux only): Spark runs no speculative copy of a task
 * on the host of the original, and reads shuffle files of its own host from disk.
 */
export async function startStandalone(
  spark: SparkInstallation,
  settings: StandaloneSettings,
): Promise<StandaloneCluster> {
  const started: ServerProcess[] = [];
  const stop = async () => {
    for (const server of started.reverse()) await server.stop();
  };
  try {
    const master = await startMaster(spark, settings);
    started.push(master.server);
    for (let worker = 0; worker < settings.workers; worker += 1) {
      started.push(await startWorker(spark, settings, master.url, `127.0.0.${worker + 2}`));
    }
    return { master: master.url, webUrl: master.webUrl, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startMaster(spark: SparkInstallation, settings: StandaloneSettings) {
  const server = await startServer({
    name: 'Spark master',
    command: `${spark.sparkHome}/bin/spark-class`,
    args: ['org.apache.spark.deploy.master.Master', '--host', '127.0.0.1', '--port', '0', '--webui-port', '0'],
    env: {
      ...spark.env,
      SPARK_MASTER_OPTS: `-Dspark.master.rest.enabled=${settings.submissionApi ?? false}`,
    },
    cwd: settings.cwd,
    readyWhen: /Starting Spark master at (spark:\S+).*started at (http:\S+:(\d+)).*New state: ALIVE/s,
  });
  return { server, url: server.ready[1] ?? '', webUrl: `http://127.0.0.1:${server.ready[3]}` };
}

function startWorker(
  spark: SparkInstallation,
  settings: StandaloneSettings,
  masterUrl: string,
  host: string,
): Promise<ServerProcess> {
  return startServer({
    name: 'Spark worker',
    command: `${spark.sparkHome}/bin/spark-class`,
    args: [
      'org.apache.spark.deploy.worker.Worker',
      ...['--host', host, '--webui-port', '0', '--work-dir', `${settings.cwd}/worker`],
      ...['--cores', String(settings.coresPerWorker), '--memory', settings.memoryPerWorker],
      masterUrl,
    ],
    env: { ...spark.env, SPARK_LOCAL_IP: host, SPARK_LOCAL_HOSTNAME: host },
    cwd: settings.cwd,
    readyWhen: /Successfully registered with master/,
  });
}
