import { parse } from 'yaml';
import { z } from 'zod';
import { HeadgateError } from '../../../kernel/errors.ts';
import { labelLog, quoteLogLine } from '../../../kernel/log-text.ts';
import { tableSchema, toTable } from '../../../kernel/table.ts';
import { countNoun } from '../../../kernel/units.ts';
import { changeLines, defineGatewayTool, requireOwnTenant } from '../gateway.ts';
import { Applied, Validation } from '../wire.ts';

const COLUMNS = ['severity', 'path', 'message', 'hint'] as const;
const MAX_ROWS = 100;
/** Longest configuration that is taken, characters. */
const MAX_CHARS = 1_000_000;

export const gatewayValidate = defineGatewayTool({
  name: 'gateway_validate',
  title: 'Validate gateway configuration',
  description: 'Dry run of a change: every problem with its path, and what would change. Nothing is changed.',
  risk: 'read',
  toolsets: ['gateway'],
  input: z.object({
    config: z
      .string()
      .refine((config) => config.length <= MAX_CHARS, `must be ${MAX_CHARS} characters at most`)
      .describe('YAML: kind (clusters, routes, listeners, …) to name to spec; null removes'),
    replace: z.boolean().default(false).describe('Whole state'),
  }),
  output: z.object({ valid: z.boolean(), problems: tableSchema(COLUMNS), changes: z.array(z.string()) }),
  example: { config: 'routes:\n  search: { match: { prefix: /mcp }, cluster: search }\n' },
  handler: async ({ config, replace }, { gateway: { client }, caller, signal }) => {
    requireOwnTenant(caller);
    const body = { state: readConfig(config), replace };
    const asked = { method: 'POST' as const, body, repeatable: true, signal };
    const { valid, problems } = await client.ask({ ...asked, path: 'validate' }, Validation);
    const changes = valid
      ? changeLines((await client.ask({ ...asked, path: 'batch', query: { dry_run: true } }, Applied)).difference)
      : [];
    const { cursor: _cursor, ...table } = toTable(problems, { offset: 0, length: MAX_ROWS }, COLUMNS, (problem) => ({
      severity: problem.severity,
      path: labelLog(problem.path),
      message: quoteLogLine(problem.message, 300),
      hint: problem.hint === undefined ? null : quoteLogLine(problem.hint, 200),
    }));
    return { valid, problems: table, changes };
  },
  renderText: ({ valid, problems, changes }) => {
    if (!valid)
      return `Not valid: ${countNoun(problems.total, 'problem')}, the first ${problems.rows[0]?.[1]}: ${problems.rows[0]?.[2]}`;
    return changes.length === 0 ? 'Valid; nothing would change.' : `Valid. It would change: ${changes.join('; ')}`;
  },
});

function readConfig(config: string): unknown {
  try {
    return parse(config, { maxAliasCount: 100, prettyErrors: false, logLevel: 'silent' }) ?? {};
  } catch (cause) {
    throw new HeadgateError('invalid_argument', '`config` is not valid YAML.', {
      hint: 'Indent with spaces: a kind, below it a name, below it the spec.',
      cause,
    });
  }
}
