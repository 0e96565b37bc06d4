import { z } from 'zod';
import { countNoun } from '../../../kernel/units.ts';
import { advising } from '../advice/advising.ts';
import { Advisory, gapsOutput, renderAdvisories } from '../advice/advisory.ts';
import { checkHealth, HEALTH_CHECKS } from '../advice/health/check-health.ts';
import { definePostgresTool } from '../tool-dependencies.ts';

export const getDatabaseHealth = definePostgresTool({
  name: 'get_database_health',
  title: 'Check the health of a PostgreSQL database',
  description:
    'What is wrong with a database and its server, worst first, with evidence and what to do. All checks by default.',
  risk: 'read',
  toolsets: ['postgres'],
  input: z.object({
    checks: z.array(z.enum(HEALTH_CHECKS)).min(1).optional(),
    database: z.string().optional(),
  }),
  output: z.object({
    database: z.string(),
    checked: z.array(z.string()),
    findings: z.array(Advisory),
    gaps: gapsOutput,
  }),
  example: { checks: ['settings', 'connection'] },
  renderText: ({ database, findings, checked, gaps }) =>
    [
      findings.length === 0
        ? `Nothing is wrong with ${database} in ${checked.length} checks.`
        : `${countNoun(findings.length, 'finding')} in ${database}, worst first:`,
      ...renderAdvisories(findings),
      ...gaps.map((gap) => `gap: ${gap}`),
    ].join('\n'),
  handler: async ({ checks = HEALTH_CHECKS, database: name }, context) =>
    advising(context, name, {}, async ({ database, client, server }) => {
      const checked = [...new Set(checks)];
      const { findings, gaps } = await checkHealth(client, checked, server);
      return { database: database.name, checked, findings, gaps };
    }),
});
