import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { withInstallLock } from './install-lock.ts';

const VERSION = '42.7.7';
const JAR = {
  url: `https://repo1.maven.org/maven2/org/postgresql/postgresql/${VERSION}/postgresql-${VERSION}.jar`,
  sha256: '157963d60ae66d607e09466e8c0cdf8087e9cb20d0159899ffca96bca2528460',
};
const PATH = join(import.meta.dirname, '..', '..', '.cache', 'jars', `postgresql-${VERSION}.jar`);

/** The JDBC driver of PostgreSQL, pinned, under `.cache/`: fetched once. Gives the path of its jar. */
export async function installPostgresJdbc(): Promise<string> {
  if (await hasDigest(PATH)) return PATH;
  await mkdir(dirname(PATH), { recursive: true });
  return withInstallLock(PATH, async () => {
    if (await hasDigest(PATH)) return PATH;
    const response = await fetch(JAR.url);
    if (!response.ok) throw new Error(`${JAR.url} answered ${response.status}`);
    const part = `${PATH}.part`;
    await writeFile(part, new Uint8Array(await response.arrayBuffer()));
    if (!(await hasDigest(part))) throw new Error(`${JAR.url} is not the file that is pinned (SHA-256)`);
    await rename(part, PATH);
    return PATH;
  });
}

async function hasDigest(path: string): Promise<boolean> {
  const bytes = await readFile(path).catch(() => null);
  return bytes !== null && createHash('sha256').update(bytes).digest('hex') === JAR.sha256;
}
