import { oneLine } from './terminal-text.ts';
import type { WireComparison, WireProblem } from './wire.ts';

const SIGNS = { added: '+', changed: '~', removed: '-' } as const;

/** What differs, object by object and field by field, then the resources of Envoy that follow from it. */
export function renderComparison(comparison: WireComparison, width: number): string {
  const { objects, object_count: objectCount, resources, resource_count: resourceCount } = comparison;
  if (objectCount === 0 && resourceCount === 0) return 'Nothing differs.';
  const lines = objects.flatMap(({ kind, name, change, fields }) => [
    oneLine(`${SIGNS[change]} ${kind}/${name}`, width),
    ...(change === 'removed' ? [] : fields.map((field) => `    ${oneLine(fieldText(field), width - 4)}`)),
  ]);
  if (objectCount > objects.length) lines.push(`  and ${objectCount - objects.length} more objects`);
  if (resourceCount > 0) lines.push(`${resourceCount} resources of Envoy differ:`);
  for (const { group, type, name, change } of resources)
    lines.push(`  ${oneLine(`${SIGNS[change]} ${type}/${name} (group ${group})`, width - 2)}`);
  if (resourceCount > resources.length) lines.push(`  and ${resourceCount - resources.length} more`);
  return lines.join('\n');
}

function fieldText(field: WireComparison['objects'][number]['fields'][number]): string {
  const { pointer } = field;
  if (!('was' in field)) return `${pointer}: ${JSON.stringify(field.is)}`;
  if (!('is' in field)) return `${pointer}: was ${JSON.stringify(field.was)}`;
  return `${pointer}: ${JSON.stringify(field.was)} -> ${JSON.stringify(field.is)}`;
}

/** Problems, one after the other, each with what to do. */
export function renderProblems(problems: readonly WireProblem[], width: number): string {
  return problems
    .flatMap(({ severity, path, message, hint }) => [
      oneLine(`${severity.padEnd(7)} ${path}: ${message}`, Number.POSITIVE_INFINITY),
      ...(hint === undefined ? [] : [`        ${oneLine(hint, Math.max(width, 80))}`]),
    ])
    .join('\n');
}
