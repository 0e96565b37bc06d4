import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { unreachableRoom } from './fixtures/unreachable.ts';

const CORE = ['execute_query', 'execute_dml', 'list_tables', 'get_table_schema', 'create_table'];

const { connector } = unreachableRoom();

describe('the tools', () => {
  it('have a file and a test named after each [postgres.tool-files]', () => {
    const wanted = connector.tools.map(({ name }) => name.replaceAll('_', '-')).sort();
    const files = readdirSync(join(import.meta.dirname, 'tools')).map((name) => name.replace(/\.ts$/, ''));
    const tools = files.filter((name) => !name.endsWith('.test'));
    expect(tools.sort()).toEqual(wanted);
    const tested = new Set(files.filter((name) => name.endsWith('.test')).map((name) => name.replace(/\.test$/, '')));
    expect(CORE.map((name) => name.replaceAll('_', '-')).filter((name) => !tested.has(name))).toEqual([]);
  });

  it('take their own examples, and say at most 200 characters [postgres.tool-files]', () => {
    for (const { name, input, example, description } of connector.tools.filter((one) => CORE.includes(one.name))) {
      expect([name, input.safeParse(example).success]).toEqual([name, true]);
      expect([name, description.length <= 200]).toEqual([name, true]);
    }
  });
});
