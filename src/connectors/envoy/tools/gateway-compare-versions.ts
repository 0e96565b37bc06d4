import { z } from 'zod';
import { HeadgateError } from '../../../kernel/errors.ts';
import { labelLog } from '../../../kernel/log-text.ts';
import { tableSchema } from '../../../kernel/table.ts';
import { countNoun } from '../../../kernel/units.ts';
import { defineGatewayTool, requireOwnTenant, shown } from '../gateway.ts';
import { Comparison, pageOf, VersionRecord } from '../wire.ts';

const COLUMNS = ['object', 'change', 'field', 'was', 'is'] as const;
const MAX_ROWS = 100;

export const gatewayCompareVersions = defineGatewayTool({
  name: 'gateway_compare_versions',
  title: 'Compare gateway versions',
  description: 'What differs between two versions, field by field, and which resources of Envoy change.',
  risk: 'read',
  toolsets: ['gateway'],
  input: z.object({
    from: z.string().optional().describe('Number or hash; the one before `to` when absent'),
    to: z.string().default('current'),
  }),
  output: z.object({
    from: z.string(),
    to: z.string(),
    differences: tableSchema(COLUMNS),
    resources: z.array(z.string()),
  }),
  example: { from: '3', to: '5' },
  handler: async ({ from, to }, { gateway: { client }, caller, signal }) => {
    requireOwnTenant(caller);
    const earlier = from ?? (await parentOf(to));
    const path = `versions/${encodeURIComponent(earlier)}/diff/${encodeURIComponent(to)}`;
    const comparison = await client.ask({ path, signal }, Comparison);
    const rows = rowsOf(comparison);
    const { resources } = comparison;
    return {
      from: comparison.from,
      to: comparison.to,
      differences: {
        columns: [...COLUMNS],
        rows: rows.slice(0, MAX_ROWS),
        total: Math.max(rows.length, comparison.object_count),
        truncated: rows.length > MAX_ROWS || comparison.objects.length < comparison.object_count,
      },
      resources: [
        ...resources
          .slice(0, 20)
          .map(({ group, type, name, change }) => `${labelLog(group)}: ${type}/${labelLog(name)} ${change}`),
        ...(comparison.resource_count > 20 ? [`… ${comparison.resource_count} in all`] : []),
      ],
    };

    async function parentOf(version: string): Promise<string> {
      const query = { path: version === 'current' ? 'versions' : `versions/${encodeURIComponent(version)}`, signal };
      const record =
        version === 'current'
          ? (await client.ask({ ...query, query: { limit: 1 } }, pageOf(VersionRecord))).items[0]
          : await client.ask(query, VersionRecord);
      if (record !== undefined && record.number > 1) return String(record.number - 1);
      throw new HeadgateError('failed_precondition', 'There is no version before it.', {
        hint: 'Name `from`; gateway_get_status lists the last versions.',
      });
    }
  },
  renderText: ({ from, to, differences, resources }) =>
    differences.total === 0
      ? `${from} and ${to} are equal.`
      : `${from} → ${to}: ${countNoun(differences.total, 'difference')}; ${countNoun(resources.length, 'resource')} of Envoy.`,
});

function rowsOf({ objects }: Comparison): Array<Array<string | null>> {
  return objects.flatMap(({ kind, name, change, fields }) => {
    const object = `${kind}/${labelLog(name)}`;
    if (change !== 'changed' || fields.length === 0) return [[object, change, null, null, null]];
    return fields.map(({ pointer, was, is }) => [object, change, labelLog(pointer), shown(was), shown(is)]);
  });
}
