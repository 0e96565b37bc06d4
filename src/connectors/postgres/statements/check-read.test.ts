import { describe, expect, it } from 'vitest';
import { HeadgateError } from '../../../kernel/errors.ts';
import { HOSTILE_READS } from '../fixtures/hostile-reads.ts';
import { VALID_READS } from '../fixtures/valid-reads.ts';
import { checkRead, ReadCheck, relationsIn } from './check-read.ts';

describe('a read', () => {
  it.each(VALID_READS)('passes: %s [postgres.valid-reads]', async (sql) => {
    await expect(checkRead(sql)).resolves.toMatchObject({ parameters: expect.any(Number) });
  });

  it.each(HOSTILE_READS)('is refused when it is hostile (%s): %s [postgres.hostile-reads]', async (_effect, sql) => {
    const error = await checkRead(sql).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(HeadgateError);
    expect(['invalid_argument', 'permission_denied']).toContain((error as HeadgateError).code);
    expect((error as HeadgateError).details).toMatchObject({ sql_state: expect.stringMatching(/^[0-9A-Z]{5}$/) });
  });

  it('gives the same verdict again without parsing, also when it is refused [postgres.hostile-reads]', async () => {
    const reads = new ReadCheck();
    expect(await reads.check('select $2::int')).toBe(await reads.check('select $2::int'));
    await expect(reads.check('drop table victims')).rejects.toThrow('DROP');
    await expect(reads.check('drop table victims')).rejects.toThrow('DROP');
  });

  it.each([
    ['a million brackets', `select ${'('.repeat(400_000)}1${')'.repeat(400_000)}`],
    ['many operators', `select ${'1+'.repeat(100_000)}1`],
    ['many unions', `select 1${' union all select 1'.repeat(30_000)}`],
  ])(
    'is refused, and the next one passes, when it is nested too deeply: %s [postgres.bad-input]',
    async (_name, sql) => {
      await expect(checkRead(sql)).rejects.toMatchObject({ code: 'invalid_argument' });
      await expect(checkRead('select 1')).resolves.toEqual({ parameters: 0 });
    },
  );

  it('says where a syntax error is [postgres.bad-input]', async () => {
    await expect(checkRead('select * fro orders')).rejects.toMatchObject({
      code: 'invalid_argument',
      details: { sql_state: '42601', position: 10 },
    });
  });

  it('knows the tables that a statement names [postgres.nearest-names]', async () => {
    expect(await relationsIn('select * from a.b join "C d" on true')).toEqual(
      expect.arrayContaining([
        { schema: 'a', name: 'b' },
        { schema: null, name: 'C d' },
      ]),
    );
  });
});
