import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { auditEntry } from '../../tests/conformance/store/opened-store.ts';
import { MIGRATIONS, type Migration } from './migrations.ts';
import { openStore } from './open-store.ts';

const APPLICATION_ID = 0x48474154;
const OLDER: Migration[] = [
  { name: 'first', sql: "create table kept (tenant text, value text); insert into kept values ('local', 'mine')" },
];
const NEWER: Migration[] = [...OLDER, { name: 'second', sql: "alter table kept add column note text default 'new'" }];

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'headgate-store-'));
  path = join(folder, 'headgate.db');
});

afterEach(() => rm(folder, { recursive: true, force: true }));

function inspect<T>(read: (database: DatabaseSync) => T): T {
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    return read(database);
  } finally {
    database.close();
  }
}

const versionOf = () => inspect((database) => database.prepare('pragma user_version').get());

async function createWith(migrations: Migration[]): Promise<void> {
  await (await openStore({ path, migrations })).close();
}

describe('openStore', () => {
  it('creates the store with its folder at the newest schema, in WAL mode', async () => {
    path = join(folder, 'a', 'b', 'headgate.db');
    const store = await openStore({ path });
    expect(store.schemaVersion).toBe(MIGRATIONS.length);
    await store.close();
    expect(inspect((database) => database.prepare('pragma journal_mode').get())).toEqual({ journal_mode: 'wal' });
  });

  it('has the tenant in every table and first in every key [store.tenant-in-every-key]', async () => {
    await (await openStore({ path })).close();
    const tables = inspect((database) =>
      database
        .prepare("select name from sqlite_schema where type = 'table'")
        .all()
        .map(({ name }) => ({ name, columns: database.prepare(`pragma table_info(${String(name)})`).all() })),
    );
    expect(tables.length).toBeGreaterThan(0);
    for (const { columns } of tables) {
      expect(columns.find((column) => column.pk === 1)?.name).toBe('tenant');
    }
  });

  it('migrates an older store and keeps what is in it [store.older-migrates]', async () => {
    await createWith(OLDER);
    const store = await openStore({ path, migrations: NEWER });
    expect(store.schemaVersion).toBe(2);
    await store.close();
    expect(inspect((database) => database.prepare('select * from kept').all())).toEqual([
      { tenant: 'local', value: 'mine', note: 'new' },
    ]);
  });

  it('refuses a newer store and leaves every byte of it [store.newer-refused]', async () => {
    await createWith(NEWER);
    const before = await readFile(path);
    await expect(openStore({ path, migrations: OLDER })).rejects.toMatchObject({
      code: 'failed_precondition',
      message: `The store ${path} was written by a newer Headgate (schema 2, this one knows 1).`,
    });
    expect((await readFile(path)).equals(before)).toBe(true);
  });

  it('leaves the old store when a migration fails, also after steps that worked [store.failed-migration-leaves-old]', async () => {
    await createWith(OLDER);
    const before = await readFile(path);
    const failing = [
      ...NEWER,
      { name: 'third', sql: 'insert into kept values (1, 2, 3); insert into absent values (1)' },
    ];
    await expect(openStore({ path, migrations: failing })).rejects.toMatchObject({
      code: 'internal',
      message: `The store ${path} could not be brought to schema 3 (third).`,
    });
    expect((await readFile(path)).equals(before)).toBe(true);
    const store = await openStore({ path, migrations: OLDER });
    expect(store.schemaVersion).toBe(1);
    await store.close();
  });

  it('lets four processes create and write one store at once [store.many-processes]', async () => {
    const program = join(import.meta.dirname, 'fixtures', 'open-and-record.ts');
    const subjects = ['a', 'b', 'c', 'd'];
    const runs = await Promise.all(
      subjects.map((subject) => promisify(execFile)(process.execPath, [program, path, subject, '25'])),
    );
    expect(runs.map((run) => run.stdout)).toEqual(subjects.map(() => String(MIGRATIONS.length)));
    const store = await openStore({ path });
    const entries = await store.audit.recent({ tenant: 'local', limit: 1000 });
    await store.close();
    expect(subjects.map((subject) => entries.filter((entry) => entry.subject === subject).length)).toEqual([
      25, 25, 25, 25,
    ]);
  });

  it('refuses a database of another program untouched [store.foreign-refused]', async () => {
    const other = new DatabaseSync(path);
    other.exec('create table theirs (x)');
    other.close();
    const before = await readFile(path);
    await expect(openStore({ path })).rejects.toMatchObject({
      code: 'failed_precondition',
      message: `${path} is a database of another program.`,
    });
    expect((await readFile(path)).equals(before)).toBe(true);
  });

  it('refuses a file that is no database untouched', async () => {
    await writeFile(path, 'these are not the bytes you are looking for, not by far. '.repeat(20));
    await expect(openStore({ path })).rejects.toMatchObject({
      code: 'failed_precondition',
      message: expect.stringContaining(path),
    });
    expect((await stat(path)).size).toBe(1140);
  });

  it.skipIf(process.platform === 'win32').each([0o000, 0o022, 0o277])(
    'is for its owner alone, with a umask of %o [store.owner-only]',
    async (umask) => {
      path = join(folder, 'data', 'headgate.db');
      const program = join(import.meta.dirname, 'fixtures', 'report-modes.ts');
      const { stdout } = await promisify(execFile)(process.execPath, [program, path, String(umask)]);
      expect(JSON.parse(stdout)).toEqual({
        data: '700',
        'headgate.db': '600',
        'headgate.db-shm': '600',
        'headgate.db-wal': '600',
      });
    },
  );

  it.skipIf(process.platform === 'win32')('leaves the mode of a store that is there', async () => {
    await writeFile(path, '');
    await chmod(path, 0o640);
    await (await openStore({ path })).close();
    expect((await stat(path)).mode & 0o777).toBe(0o640);
  });

  it('says that a store with damaged pages is damaged', async () => {
    await createWith(OLDER);
    const bytes = await readFile(path);
    bytes.fill(0xff, 100, 400);
    await writeFile(path, bytes);
    await expect(openStore({ path, migrations: NEWER })).rejects.toMatchObject({ code: 'failed_precondition' });
  });

  it('opens an empty file as a new store', async () => {
    await writeFile(path, '');
    await (await openStore({ path })).close();
    expect(versionOf()).toEqual({ user_version: MIGRATIONS.length });
  });

  it('says that the store cannot be opened when its path lies below a file', async () => {
    await writeFile(path, '');
    await expect(openStore({ path: join(path, 'headgate.db') })).rejects.toMatchObject({ code: 'permission_denied' });
  });

  it('refuses a folder as the store', async () => {
    await expect(openStore({ path: folder })).rejects.toMatchObject({
      code: 'invalid_argument',
      message: `The store ${folder} is not a file.`,
    });
  });

  it('marks the file as a store of Headgate', async () => {
    await createWith(OLDER);
    expect(inspect((database) => database.prepare('pragma application_id').get())).toEqual({
      application_id: APPLICATION_ID,
    });
  });

  it('is refused for several tenants, and leaves nothing behind [store.several-tenants]', async () => {
    await expect(openStore({ path, severalTenants: true })).rejects.toMatchObject({
      code: 'failed_precondition',
      hint: expect.stringContaining('HEADGATE_DATABASE_URL'),
    });
    await expect(stat(path)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('says where it is and which schema it has [store.probe]', async () => {
    const store = await openStore({ path });
    expect(await store.health()).toEqual({ name: 'store', ok: true, message: `${path}, schema ${MIGRATIONS.length}` });
    await store.close();
    await expect(store.health()).rejects.toMatchObject({ code: 'unavailable' });
  });
});

describe('a file that is removed while it is open', () => {
  it.skipIf(process.platform === 'win32')(
    'is told as gone, and used again when it is back [store.comes-back]',
    async () => {
      const store = await openStore({ path });
      await store.audit.record(auditEntry({ tool: 'before' }));
      for (const end of ['', '-wal', '-shm']) await rename(path + end, `${path}.away${end}`);
      const gone = { code: 'unavailable', message: `The store ${path} is no longer there.` };
      await expect(store.audit.record(auditEntry())).rejects.toMatchObject(gone);
      await expect(store.audit.recent({ tenant: 'local', limit: 1 })).rejects.toMatchObject(gone);
      await expect(store.health()).rejects.toMatchObject(gone);
      for (const end of ['', '-wal', '-shm']) await rename(`${path}.away${end}`, path + end);
      await store.audit.record(auditEntry({ tool: 'after' }));
      const entries = await store.audit.recent({ tenant: 'local', limit: 9 });
      expect(entries.map(({ tool }) => tool)).toEqual(['after', 'before']);
      await store.close();
    },
  );

  it.skipIf(process.platform === 'win32')(
    'and replaced by another is opened anew: no row goes to the removed one [store.comes-back]',
    async () => {
      const store = await openStore({ path });
      await store.audit.record(auditEntry({ tool: 'before' }));
      for (const end of ['', '-wal', '-shm']) await rm(path + end);
      await (await openStore({ path })).close();
      await Promise.all([1, 2, 3].map(() => store.audit.record(auditEntry({ tool: 'after' }))));
      const other = await openStore({ path });
      expect(await other.audit.recent({ tenant: 'local', limit: 9 })).toHaveLength(3);
      await other.close();
      await store.close();
    },
  );
});
