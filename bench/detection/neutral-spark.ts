import { mkdir, readdir, readlink, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describeSpark, installSpark, type SparkInstallation, type SparkLine } from '../../tests/stack/spark.ts';

/** Applications run here, so that the paths in their logs say nothing about the machine that recorded them. */
export const WORK = '/tmp/spark-work/detection';

/**
 * An installed Spark seen through links in the neutral folder, as user `etl` and with nothing of this user's environment.
 * Its SPARK_HOME is a folder of its own, so that workers keep their files out of the installation.
 */
export async function neutralSpark(line: SparkLine): Promise<SparkInstallation> {
  const installed = await installSpark(line, { pandas: true });
  const link = join(WORK, `python-${installed.version}`);
  await relink(installed.directory, link);
  const spark = await describeSpark(link, installed.version);
  const sparkHome = join(WORK, `spark-${installed.version}`);
  await mkdir(sparkHome, { recursive: true });
  for (const name of await readdir(spark.sparkHome)) {
    await relink(join(spark.sparkHome, name), join(sparkHome, name));
  }
  return {
    ...spark,
    sparkHome,
    env: {
      SPARK_HOME: sparkHome,
      SPARK_LOCAL_IP: '127.0.0.1',
      SPARK_LOCAL_HOSTNAME: '127.0.0.1',
      PYSPARK_PYTHON: spark.python,
      PYSPARK_DRIVER_PYTHON: spark.python,
      PYTHONDONTWRITEBYTECODE: '1',
      PATH: '/usr/local/bin:/usr/bin:/bin',
      HOME: WORK,
      LANG: 'C.UTF-8',
      SPARK_USER: 'etl',
      // Short applications on two cores: the optimising compiler would take more processor time than they do.
      JAVA_TOOL_OPTIONS: '-XX:TieredStopAtLevel=1',
      ...(process.env.JAVA_HOME === undefined ? {} : { JAVA_HOME: process.env.JAVA_HOME }),
    },
  };
}

/** A link that is right already stays: another recording may be using it. */
async function relink(target: string, link: string): Promise<void> {
  if ((await readlink(link).catch(() => null)) === target) return;
  await rm(link, { force: true });
  await symlink(target, link);
}
