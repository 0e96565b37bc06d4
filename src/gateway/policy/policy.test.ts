import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Caller, Scope } from '../../kernel/caller.ts';
import { bindTool, defineTool } from '../../kernel/tool.ts';
import { createPolicy } from './policy.ts';

const tool = bindTool(
  defineTool<object>()({
    name: 'execute_sql',
    title: 'Execute SQL',
    description: 'Runs SQL.',
    risk: 'write',
    riskOf: ({ sql }) => (sql === 'select' ? 'read' : 'write'),
    toolsets: ['sql'],
    input: z.object({ sql: z.string() }),
    output: z.object({}),
    handler: async () => ({}),
  }),
  {},
);
const callerWith = (...scopes: Scope[]): Caller => ({
  subject: 'me',
  tenant: 'local',
  scopes: new Set(scopes),
  via: 'cli',
  abilities: { elicitation: false, progress: false, tasks: false },
});

describe('a tool whose payload decides what it does', () => {
  it('reads for who may read, and changes something for who may write [spark.sql-effect]', () => {
    const policy = createPolicy({ readOnly: false }, [tool]);
    expect(policy.lists(callerWith('read'), tool)).toBe(true);
    expect(policy.decide(callerWith('read'), tool, { sql: 'select' })).toEqual({ kind: 'allow' });
    expect(policy.decide(callerWith('read'), tool, { sql: 'drop' })).toMatchObject({ kind: 'deny', scope: 'write' });
    expect(policy.decide(callerWith('write'), tool, { sql: 'drop' })).toEqual({ kind: 'allow' });
  });

  it('only reads where the gateway is read-only [spark.sql-effect]', () => {
    const policy = createPolicy({ readOnly: true }, [tool]);
    expect(policy.decide(callerWith('read', 'write'), tool, { sql: 'select' })).toEqual({ kind: 'allow' });
    expect(policy.decide(callerWith('read', 'write'), tool, { sql: 'drop' })).toMatchObject({ kind: 'deny' });
  });
});
