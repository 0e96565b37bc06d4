import { expect, it } from 'vitest';
import { namedRow } from './copy-in.ts';

const place = { database: 'main', signal: new AbortController().signal };
const failureOf = (code: string) =>
  namedRow({ code, message: 'it failed', where: 'COPY orders, line 7, column amount: "x"' }, place);

it.each(['22P02', '23514', 'P0001'])('names row and column of what a value broke (%s) [bulk-load.values]', (code) => {
  expect(failureOf(code)).toMatchObject({
    message: `Row 7, column amount: PostgreSQL (main): «it failed» (${code}).`,
    hint: 'Nothing was loaded. Change the value in the query, or leave the row out.',
    details: { sql_state: code, row: 7, column: 'amount' },
  });
});

it.each(['53100', '57014', '55P03'])('blames no row for what none is the cause of (%s) [bulk-load.values]', (code) => {
  const failure = failureOf(code) as Error & { hint: string; details: object };
  expect(failure.message).toBe(`PostgreSQL (main): «it failed» (${code}).`);
  expect(failure.hint).not.toContain('leave the row out');
  expect(failure.details).toEqual({ sql_state: code });
});
