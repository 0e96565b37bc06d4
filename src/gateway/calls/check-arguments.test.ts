import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { HeadgateError } from '../../kernel/errors.ts';
import type { Tool } from '../../kernel/tool.ts';
import { checkArguments } from './check-arguments.ts';
import { describeTool } from './describe-tool.ts';

const tool: Tool = {
  name: 'list_stages',
  title: 'List',
  description: 'Lists.',
  risk: 'read',
  toolsets: [],
  input: z.object({
    app_id: z.string(),
    status: z.array(z.enum(['ACTIVE', 'FAILED'])).optional(),
    length: z.int().min(1).default(20),
  }),
  output: z.object({}),
  call: async () => ({}),
};
const entry = { tool, description: describeTool(tool) };

function refusal(args: unknown): HeadgateError {
  try {
    checkArguments(entry, args);
  } catch (error) {
    if (error instanceof HeadgateError) return error;
    throw error;
  }
  return expect.unreachable();
}

describe('checkArguments', () => {
  it('fills defaults in', () => {
    expect(checkArguments(entry, { app_id: 'a' })).toEqual({ app_id: 'a', length: 20 });
  });

  it('takes null for a parameter that may be left out as absent, and for no other [gateway.arguments-checked]', () => {
    const args = { app_id: 'a', status: null, length: null };
    expect(checkArguments(entry, args)).toEqual({ app_id: 'a', length: 20 });
    expect(refusal({ app_id: null }).message).toBe('list_stages: app_id: expected string, received null.');
    expect(refusal({ app_id: 'a', constructor: null }).message).toContain('constructor: is not a parameter');
  });

  it('names a missing parameter and all that there are [gateway.arguments-checked]', () => {
    const error = refusal(undefined);
    expect([error.code, error.message, error.hint]).toEqual([
      'invalid_argument',
      'list_stages: app_id: is required (string).',
      'list_stages accepts app_id (required), status, length.',
    ]);
  });

  it('names the path inside a list and what is accepted there [gateway.arguments-checked]', () => {
    expect(refusal({ app_id: 'a', status: ['ACTIVE', 'DONE'] }).message).toBe(
      'list_stages: status.1: expected one of "ACTIVE"|"FAILED".',
    );
  });

  it('names the nearest parameter, and all problems at once [gateway.arguments-checked]', () => {
    const error = refusal({ app_id: 1, lenght: 5, zzzzzzzz: 1 });
    expect(error.message).toBe(
      'list_stages: lenght: is not a parameter of this tool (nearest: length); ' +
        'zzzzzzzz: is not a parameter of this tool; app_id: expected string, received number.',
    );
    expect(error.details).toEqual({
      issues: [
        { path: 'lenght', message: 'is not a parameter of this tool (nearest: length)' },
        { path: 'zzzzzzzz', message: 'is not a parameter of this tool' },
        { path: 'app_id', message: 'expected string, received number' },
      ],
    });
  });

  it.each([
    [[], 'an array'],
    ['text', 'string'],
    [7, 'number'],
  ])('refuses %j as arguments [gateway.arguments-checked]', (args, shown) => {
    expect(refusal(args).message).toBe(`list_stages: arguments must be a JSON object, not ${shown}.`);
  });

  it('does not take the name of a prototype property for a parameter', () => {
    expect(refusal({ app_id: 'a', constructor: 1 }).message).toBe(
      'list_stages: constructor: is not a parameter of this tool.',
    );
  });
});
