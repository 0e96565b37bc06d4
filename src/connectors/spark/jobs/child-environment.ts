import { delimiter, dirname, join } from 'node:path';

/** Variables that a job gets of the gateway's: those that Java, Python and Spark need to start, and none that holds a secret. */
const PASSED =
  /^(?:PATH|HOME|USER|LOGNAME|SHELL|LANG|LC_\w+|TZ|TMPDIR|JAVA_HOME|LD_LIBRARY_PATH|HADOOP_HOME|HADOOP_CONF_DIR|SPARK_CONF_DIR|SPARK_LOCAL_IP|SPARK_LOCAL_HOSTNAME|SPARK_LOCAL_DIRS|PYSPARK_PYTHON|PYSPARK_DRIVER_PYTHON)$/;

/** The environment of a job. */
export function childEnvironment(
  environment: NodeJS.ProcessEnv,
  own: Readonly<Record<string, string>>,
): Record<string, string> {
  const passed = Object.entries(environment).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && PASSED.test(entry[0]),
  );
  return { ...Object.fromEntries(passed), ...own };
}

/** The Python that runs scripts without spark-submit. */
export function pythonOf(environment: NodeJS.ProcessEnv): string {
  return environment.PYSPARK_DRIVER_PYTHON ?? environment.PYSPARK_PYTHON ?? 'python3';
}

/** Where Python finds the PySpark of an installation: beside the package, or in `python/` of a distribution. */
export function pythonPathOf(home: string): string {
  return [dirname(home), join(home, 'python')].join(delimiter);
}
