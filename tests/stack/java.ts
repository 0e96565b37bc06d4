import { join } from 'node:path';
import { answers, installDebianPackages } from './debian-packages.ts';

/**
 * The Java launcher that Spark runs on: that of JAVA_HOME, else the one on PATH.
 * Installs Debian's openjdk-17-jre-headless when there is none. Spark 3.5 and 4.3 both run on Java 17.
 */
export async function findJava(): Promise<string> {
  const javaHome = process.env.JAVA_HOME;
  if (javaHome !== undefined && (await answers(join(javaHome, 'bin', 'java'), ['-version']))) {
    return join(javaHome, 'bin', 'java');
  }
  if (!(await answers('java', ['-version']))) {
    await installDebianPackages(['openjdk-17-jre-headless']);
  }
  return 'java';
}
