import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runChecked } from '../stack/command.ts';
import { describeSparkConnect } from './spark-connect.suite.ts';

const REPOSITORY = join(import.meta.dirname, '..', '..');

describeSparkConnect('4.3', (server) => {
  it('the example of the page prints what the page shows [spark-connect.documented]', async () => {
    const page = await readFile(join(REPOSITORY, 'docs', 'spark-connect.md'), 'utf8');
    const [, code = ''] = /```ts\n(.*?)```/s.exec(page) ?? [];
    const [, printed] = /```text\n(.*?)```/s.exec(page) ?? [];
    // Below the repository, so that the package finds itself by its name.
    const folder = await mkdtemp(join(REPOSITORY, '.cache', 'example-'));
    try {
      const script = join(folder, 'example.ts');
      await writeFile(script, code);
      const { stdout } = await runChecked(process.execPath, ['--conditions=headgate-source', script], {
        env: { ...process.env, SPARK_REMOTE: server().remote },
      });
      expect(stdout).toBe(printed);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
