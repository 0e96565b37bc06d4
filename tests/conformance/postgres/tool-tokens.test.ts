import { encode } from 'gpt-tokenizer/encoding/o200k_base';
import { expect, it } from 'vitest';
import { unreachableRoom } from '../../../src/connectors/postgres/fixtures/unreachable.ts';
import { describeTool } from '../../../src/gateway/calls/describe-tool.ts';

const CORE = ['execute_query', 'execute_dml', 'list_tables', 'get_table_schema', 'create_table'];

it('the five core tools cost at most 1,800 tokens to list [postgres.tool-tokens]', () => {
  const tools = unreachableRoom()
    .connector.tools.filter(({ name }) => CORE.includes(name))
    .map(describeTool);
  expect(tools).toHaveLength(CORE.length);
  expect(encode(JSON.stringify(tools)).length).toBeLessThanOrEqual(1_800);
});
