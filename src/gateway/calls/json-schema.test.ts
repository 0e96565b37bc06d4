import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { quoted } from '../../kernel/quoted.ts';
import { tableSchema } from '../../kernel/table.ts';
import { inputSchemaOf, outputSchemaOf } from './json-schema.ts';

describe('inputSchemaOf', () => {
  it('keeps descriptions, defaults, enums and real bounds; drops those that bound nothing [gateway.compact-schemas]', () => {
    const schema = inputSchemaOf(
      z.object({
        app_id: z.string().describe('Which one'),
        count: z.int(),
        sort: z.enum(['a', 'b']).default('a'),
        top: z.int().max(50).optional(),
      }),
    );
    expect(schema).toEqual({
      type: 'object',
      properties: {
        app_id: { type: 'string', description: 'Which one' },
        count: { type: 'integer' },
        sort: { default: 'a', type: 'string', enum: ['a', 'b'] },
        top: { type: 'integer', maximum: 50 },
      },
      required: ['app_id', 'count'],
      additionalProperties: false,
    });
  });
});

describe('outputSchemaOf', () => {
  it('is shape only: types, names, enums, without the columns of tables [gateway.compact-schemas]', () => {
    const schema = outputSchemaOf(
      z.object({
        description: z.string().describe('A field named like a keyword'),
        error: quoted().nullable(),
        stages: tableSchema(['id']),
      }),
    );
    expect(schema).toEqual({
      type: 'object',
      properties: {
        description: { type: 'string' },
        error: { type: ['string', 'null'] },
        stages: {
          type: 'object',
          properties: {
            columns: { type: 'array' },
            rows: { type: 'array' },
          },
        },
      },
    });
  });

  it('keeps the type of a record’s values, and says nothing of values of any type', () => {
    const schema = outputSchemaOf(
      z.object({ counts: z.record(z.string(), z.int()), any: z.record(z.string(), z.unknown()) }),
    );
    expect(schema.properties).toEqual({
      counts: { type: 'object', additionalProperties: { type: 'integer' } },
      any: { type: 'object' },
    });
  });

  it('keeps alternatives that are more than types', () => {
    const schema = outputSchemaOf(z.object({ either: z.union([z.object({ a: z.string() }), z.literal('none')]) }));
    expect(schema).toMatchObject({ properties: { either: { anyOf: [{ type: 'object' }, { const: 'none' }] } } });
  });

  it('leaves the pattern out where the format says the same', () => {
    const schema = inputSchemaOf(z.object({ day: z.iso.date(), id: z.string().regex(/^a/) }));
    expect(schema.properties).toEqual({
      day: { type: 'string', format: 'date' },
      id: { type: 'string', pattern: '^a' },
    });
  });
});
