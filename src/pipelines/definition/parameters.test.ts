import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { render } from './bound-sql.ts';
import { bindPath, bindSql, bindTable, completeParameters } from './parameters.ts';
import { parseDefinition } from './parse-definition.ts';

const DEFINITION = parseDefinition({
  name: 'p',
  parameters: {
    text: { type: 'string' },
    count: { type: 'integer', default: 2 },
    place: { type: 'identifier', default: 'public.orders' },
  },
  sources: [{ id: 'a', type: 'postgres', table: '{{ place }}' }],
  destination: { type: 'postgres', table: 'b' },
});
const TIMES = { from: '2026-01-02T00:00:00.000Z', to: '2026-01-03T00:00:00.000Z' };

describe('parameters of a run', () => {
  it('are complete and of their types [pipelines.bound-values]', () => {
    expect(completeParameters(DEFINITION, { text: 'x' })).toEqual({ text: 'x', count: 2, place: 'public.orders' });
    for (const given of [
      {},
      { text: 1 },
      { text: 'x', count: 1.5 },
      { text: 'x', place: 'a; drop table b' },
      { tex: 'x' },
    ]) {
      expect(() => completeParameters(DEFINITION, given)).toThrow(
        expect.objectContaining({ code: 'invalid_argument' }),
      );
    }
  });

  it('reach SQL beside its text, whatever is in them [pipelines.bound-values]', () => {
    const bind = (text: string) =>
      bindSql(
        'select * from {{ place }} where x = {{ text }} and n < {{ count }} and t >= {{ run.from }}',
        DEFINITION,
        completeParameters(DEFINITION, { text }),
        TIMES,
      );
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(render(bind(text), 'postgres')).toEqual({
          sql: 'select * from "public"."orders" where x = cast($1 as text) and n < cast($2 as bigint) and t >= cast($3 as timestamptz)',
          parameters: [text, 2, TIMES.from],
        });
      }),
    );
    expect(render(bind('x'), 'spark').sql).toContain('from `public`.`orders` where x = cast(? as string)');
    expect(bindTable('{{ place }}', { place: 'a.b' })).toBe('a.b');
  });

  it('stay in the folder of a path [pipelines.paths-stay]', () => {
    expect(bindPath('in/{{ run.date }}/{{ text }}.csv', { text: 'a-1' }, TIMES)).toBe('in/2026-01-02/a-1.csv');
    for (const text of ['..', '../x', 'a/b', 'a\\b', '', '.hidden', 'a b', 'x\0']) {
      expect(() => bindPath('in/{{ text }}', { text }, TIMES)).toThrow(
        expect.objectContaining({ code: 'invalid_argument' }),
      );
    }
  });

  it('have dates only where the run has some', () => {
    expect(() => bindSql('select {{ run.to }}', DEFINITION, {}, { from: null, to: null })).toThrow(
      expect.objectContaining({ code: 'failed_precondition' }),
    );
  });
});
