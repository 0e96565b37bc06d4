import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { tableSchema } from '../kernel/table.ts';
import type { Tool } from '../kernel/tool.ts';
import { renderReference } from './index.ts';

const tool = (over: Partial<Tool>): Tool => ({
  name: 'list_things',
  title: 'List things',
  description: 'Things, longest first.',
  risk: 'read',
  toolsets: ['things'],
  input: z.object({}),
  output: z.object({}),
  call: async () => ({}),
  ...over,
});

const render = (tools: readonly Tool[]) =>
  renderReference({ tools, resources: [], prompts: [], rules: [], prices: [], statusOf: () => 400 });
const toolPage = (over: Partial<Tool>) => render([tool(over)]).get('tools.md') ?? '';

describe('the reference', () => {
  it('lists tools by name and links each to its section', () => {
    const pages = render([tool({ name: 'b_tool' }), tool({ name: 'a_tool' })]);
    const rows = pages
      .get('README.md')
      ?.split('\n')
      .filter((line) => line.startsWith('| [`'));
    expect(rows).toEqual([
      '| [`a_tool`](tools.md#a_tool) | List things | `read` |',
      '| [`b_tool`](tools.md#b_tool) | List things | `read` |',
    ]);
    expect(pages.get('tools.md')).toMatch(/## a_tool[\s\S]*## b_tool/);
  });

  it('shows parameters with type, default and meaning', () => {
    const input = z.object({
      app_id: z.string(),
      sort_by: z.enum(['duration', 'id']).optional(),
      length: z.int().default(20).describe('Rows a|b'),
    });
    expect(toolPage({ input })).toContain(
      [
        '| `app_id` | text | required | Application id, as list_applications shows it |',
        '| `sort_by` | `duration`, `id` |  |  |',
        '| `length` | integer | `20` | Rows a\\|b |',
      ].join('\n'),
    );
  });

  it('shows a result field by field, a table by its columns', () => {
    const output = z.object({
      note: z.templateLiteral([z.literal('«'), z.string(), z.literal('»')]),
      things: tableSchema(['id', 'name']),
      groups: z.array(z.object({ size: z.number().nullable() })),
      by_name: z.record(z.string(), z.union([z.string(), z.number()])),
    });
    expect(toolPage({ output })).toContain(
      [
        '- `note`: quoted text',
        '- `things`: table of `id`, `name`',
        '- `groups`: list of object',
        '  - `size`: number or null',
        '- `by_name`: map of names to text or number',
      ].join('\n'),
    );
  });

  it('shows an example as a command that can be pasted', () => {
    expect(toolPage({ example: { app_id: 'local-1' } })).toContain(
      'npx headgate call list_things --json \'{"app_id":"local-1"}\'',
    );
  });

  it('says so when a tool takes no parameters', () => {
    expect(toolPage({})).toContain('It takes no parameters.');
  });

  it('shows which errors a retry can help with', () => {
    const errors = render([]).get('errors.md') ?? '';
    expect(errors).toContain('| `unavailable` | 400 | can help |');
    expect(errors).toContain('| `not_found` | 400 | no |');
  });
});
