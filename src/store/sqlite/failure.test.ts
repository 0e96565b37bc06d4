import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { storeFailure } from './failure.ts';
import { createQueries } from './queries.ts';

let folder: string;
let path: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'headgate-failure-'));
  path = join(folder, 'some.db');
  const database = new DatabaseSync(path);
  database.exec('create table audit (tenant text, text text)');
  database.close();
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** What a write through kysely says when the database was opened in this way. */
async function failureOfWrite(open: () => DatabaseSync): Promise<unknown> {
  const queries = createQueries(open(), path);
  try {
    return await queries.deleteFrom('audit').execute();
  } catch (error) {
    return error;
  } finally {
    await queries.destroy();
  }
}

describe('storeFailure', () => {
  it('calls a locked store unavailable, which a retry can help', async () => {
    const holder = new DatabaseSync(path);
    holder.exec('begin exclusive');
    const failure = await failureOfWrite(() => new DatabaseSync(path, { timeout: 0 }));
    holder.exec('rollback');
    holder.close();
    expect(failure).toMatchObject({ code: 'unavailable', retryable: true, message: expect.stringContaining(path) });
  });

  it('calls a read-only store permission_denied', async () => {
    const failure = await failureOfWrite(() => new DatabaseSync(path, { readOnly: true }));
    expect(failure).toMatchObject({ code: 'permission_denied' });
  });

  it('calls a full disk resource_exhausted', () => {
    const database = new DatabaseSync(path);
    database.exec('pragma max_page_count = 2');
    const fill = () => database.exec("insert into audit values ('local', zeroblob(100000))");
    let failure: unknown;
    try {
      fill();
    } catch (error) {
      failure = storeFailure(error, path);
    }
    database.close();
    expect(failure).toMatchObject({ code: 'resource_exhausted', hint: expect.stringContaining('store.path') });
  });

  it('calls failing disk and files of other kinds by their code', () => {
    expect(storeFailure({ errcode: 10 }, path)).toMatchObject({ code: 'unavailable' });
    expect(storeFailure({ errcode: 26 }, path)).toMatchObject({ code: 'failed_precondition' });
    expect(storeFailure({ code: 'ENOSPC' }, path)).toMatchObject({ code: 'resource_exhausted' });
  });

  it('leaves an error that is neither SQLite’s nor the file system’s as it is', () => {
    const error = new TypeError('ours');
    expect(storeFailure(error, path)).toBe(error);
  });
});
