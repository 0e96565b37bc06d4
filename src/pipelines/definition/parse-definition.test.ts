import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { HeadgateError } from '../../kernel/errors.ts';
import { parseDefinition, readDefinition } from './parse-definition.ts';

const DEFINITION = {
  name: 'orders',
  parameters: { least: { type: 'number', default: 1 } },
  sources: [{ id: 'orders', type: 'postgres', table: 'public.orders' }],
  transformations: [{ id: 'large', sql: 'select * from orders where amount > {{ least }}' }],
  destination: { type: 'postgres', table: 'large_orders', mode: 'replace' },
};

function problemsOf(definition: unknown): Array<{ path: string; message: string }> {
  try {
    parseDefinition(definition);
  } catch (error) {
    expect(error).toBeInstanceOf(HeadgateError);
    return (error as HeadgateError).details?.problems as Array<{ path: string; message: string }>;
  }
  return [];
}

describe('a definition', () => {
  it('means the same as an object, as YAML and as JSON, and as it comes back from the store [pipelines.definition-forms]', () => {
    const parsed = parseDefinition(DEFINITION);
    expect(parsed.destinations).toMatchObject([{ id: 'load', from: 'large', create: true, keys: [] }]);
    expect(parseDefinition(stringify(DEFINITION))).toEqual(parsed);
    expect(parseDefinition(JSON.stringify(DEFINITION))).toEqual(parsed);
    expect(readDefinition(JSON.stringify(parsed))).toEqual(parsed);
  });

  it('is told everything that is wrong with it, with paths [pipelines.definition-problems]', () => {
    expect(
      problemsOf({
        ...DEFINITION,
        sources: [{ id: 'orders', type: 'postgres', table: 'a', query: 'select 1' }],
        checks: [{ on: 'orders', type: 'row_count' }],
        destination: { type: 'postgres', table: 'b', mode: 'upsert' },
        schedule: { cron: '0 25 * * *', time_zone: 'Nowhere' },
      }).map(({ path }) => path),
    ).toEqual(['sources[0]', 'checks[0]', 'destination.keys', 'schedule.time_zone']);
    expect(problemsOf({ ...DEFINITION, source: [], sources: [{ id: 'x', type: 'postgres', table: 'a"b' }] })).toEqual([
      { path: 'sources[0].table', message: 'an unsafe name: use table, schema.table or {{ parameter }}' },
      { path: 'source', message: 'unknown key' },
    ]);
    expect(() => parseDefinition('name: [')).toThrow(/no YAML/);
    expect(() => parseDefinition('a: &a [*a, *a]\nname: x')).toThrow(HeadgateError);
  });

  it('names what was probably meant where it names no step [pipelines.unknown-steps]', () => {
    const messages = problemsOf({
      ...DEFINITION,
      transformations: [{ id: 'large', sql: 'select * from order' }],
      checks: [{ on: 'larg', type: 'row_count', min: 1 }],
      destination: { type: 'postgres', table: 'x', from: 'lage' },
    }).map(({ message }) => message);
    expect(messages).toEqual([
      'there is no step order; did you mean orders?',
      'there is no step larg; did you mean large?',
      'there is no step lage; did you mean large?',
    ]);
  });

  it('has no transformations that read one another in a circle [pipelines.cycles]', () => {
    const transformations = [
      { id: 'a', sql: 'select * from b' },
      { id: 'b', sql: 'select * from c join orders using (id)' },
      { id: 'c', sql: 'select * from a' },
    ];
    expect(problemsOf({ ...DEFINITION, transformations })).toEqual([
      { path: 'transformations', message: 'a reads b reads c reads a: a cycle' },
    ]);
  });

  it('has one statement a step [pipelines.one-statement]', () => {
    const sql = 'select * from orders; drop table orders';
    expect(problemsOf({ ...DEFINITION, transformations: [{ id: 'large', sql }] })).toEqual([
      { path: 'transformations[0].sql', message: 'it is more than one statement' },
    ]);
    expect(
      problemsOf({ ...DEFINITION, transformations: [{ id: 'large', sql: "select ';' as x from orders;" }] }),
    ).toEqual([]);
  });

  it('takes placeholders for values only: none in quotes, none that nobody declared [pipelines.bound-values]', () => {
    const sql = "select * from orders where day > '{{ least }}' and id = {{ lest }}";
    expect(problemsOf({ ...DEFINITION, transformations: [{ id: 'large', sql }] })).toMatchObject([
      { message: 'a placeholder stands in quotes: leave the quotes out, values are bound' },
      { message: 'unknown parameter lest' },
    ]);
    expect(problemsOf({ ...DEFINITION, destination: { type: 'postgres', table: '{{ least }}' } })).toMatchObject([
      { message: 'the parameter least has to be of the type identifier' },
    ]);
  });

  it('names no path that goes up [pipelines.paths-stay]', () => {
    const sources = [{ id: 'orders', type: 'files', format: 'csv', path: 'in/../../etc/passwd' }];
    expect(problemsOf({ ...DEFINITION, sources })).toEqual([
      { path: 'sources[0].path', message: 'a path goes down only: no ..' },
    ]);
  });
});
