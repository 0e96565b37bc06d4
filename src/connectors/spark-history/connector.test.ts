import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Table } from '../../kernel/table.ts';
import { createSparkHistory } from './connector.ts';
import { rowsOf } from './fixtures/call-tool.ts';
import { folderSource, toolContext } from './fixtures/fake-logs.ts';

const RECORDED = fileURLToPath(new URL('../../../tests/fixtures/spark/4.3/first-look-none', import.meta.url));
const signal = new AbortController().signal;
const clock = () => 0;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'headgate-spark-history-'));
  await writeFile(path.join(folder, 'notes.txt'), 'not an event log\n');
  await writeFile(path.join(folder, 'app-20260101000000-0000'), '{"rows":[1,2,3]}\n');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const connect = (...sources: Array<{ name: string; path: string }>) =>
  createSparkHistory({ sources: sources.map(({ name, path }) => folderSource(name, path)) }, { clock });

async function list(connector: ReturnType<typeof connect>) {
  const tool = connector.tools.find(({ name }) => name === 'list_applications');
  return tool?.call(tool.input.parse({}), toolContext());
}

describe('the connector', () => {
  it('reports each source: how many logs, or why it cannot be read, and where it is configured [sources.check-names-path]', async () => {
    const connector = connect(
      { name: 'recorded', path: RECORDED },
      { name: 'gone', path: path.join(folder, 'missing') },
    );
    expect(await connector.health(signal)).toMatchObject([
      { name: 'spark_history.sources.recorded', ok: true, message: '1 event log' },
      {
        name: 'spark_history.sources.gone',
        ok: false,
        message: expect.stringContaining('missing'),
        hint: expect.stringContaining('spark_history.sources.gone.path'),
      },
    ]);
  });

  it('lists what it can read of a folder, and names what is no event log [spark-history.unreachable-named]', async () => {
    const result = await list(connect({ name: 'mixed', path: folder }, { name: 'recorded', path: RECORDED }));
    expect(result).toMatchObject({ applications: { total: 1 }, unreachable: [], ignored_count: 2 });
    expect(JSON.stringify(result?.gaps)).not.toContain('notes.txt');
    expect(JSON.stringify(result?.gaps)).toContain('app-20260101000000-0000');
  });

  it('lists users and names as the level of redaction lets them be told [sources.listing-redacted]', async () => {
    const usersAt = async (redact: 'secrets' | 'identities') => {
      const sources = [folderSource('recorded', RECORDED)];
      const tool = createSparkHistory({ sources, redact }, { clock }).tools.find(
        ({ name }) => name === 'list_applications',
      );
      const result = (await tool?.call(tool.input.parse({}), toolContext())) as { applications: Table };
      return rowsOf(result.applications).map(({ user }) => user);
    };
    const [[told], [masked]] = await Promise.all([usersAt('secrets'), usersAt('identities')]);
    expect(told).not.toBe(masked);
    expect(masked).toBe('user-1');
  });

  it('works without any source', async () => {
    const connector = connect();
    expect(await connector.health(signal)).toEqual([]);
    expect(await list(connector)).toMatchObject({ applications: { total: 0 }, gaps: [] });
    await connector.close();
  });

  it('does not follow a link out of its folder [spark-history.stays-in-its-folders]', async () => {
    const inside = await mkdtemp(path.join(folder, 'linked-'));
    await symlink(RECORDED, path.join(inside, 'outside'));
    expect(await list(connect({ name: 'linked', path: inside }))).toMatchObject({ applications: { total: 0 } });
  });
});
