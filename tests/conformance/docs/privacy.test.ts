import { describe, expect, it } from 'vitest';
import { createSparkHistory } from '../../../src/connectors/spark-history/connector.ts';
import { parseConfigFile } from '../../../src/kernel/config.ts';
import { RedactLevel } from '../../../src/kernel/config-file.ts';
import { inlineCode, readText } from './pages.ts';

const page = readText('docs/privacy.md');
const { tools } = createSparkHistory({ sources: [] }, { clock: () => 0 });

/** The rows of the table below a heading. */
function rowsBelow(heading: string): string[] {
  const [, section = ''] = page.split(`\n## ${heading}\n`);
  const [own = ''] = section.split('\n## ');
  return own.split('\n').filter((line) => /^\| (?!-)/.test(line));
}

describe('the page on privacy', () => {
  it('says of every tool which of its fields reach a model [privacy.page]', () => {
    const named = rowsBelow('Which fields reach a model').flatMap((row) => inlineCode(row));
    expect(named.toSorted()).toEqual(tools.map(({ name }) => name).toSorted());
  });

  it('explains every level [privacy.page]', () => {
    const rows = rowsBelow('Levels');
    for (const level of RedactLevel.options)
      expect(rows.filter((row) => row.startsWith(`| \`${level}\``))).toHaveLength(1);
  });

  it('names the setting of how long audit rows are kept [privacy.audit-retention]', () => {
    expect(page).toContain('audit.retention_days');
    expect(parseConfigFile({ audit: { retention_days: 365 } })).not.toHaveProperty('problems');
    expect(parseConfigFile({ audit: { retention_days: 0 } })).toHaveProperty('problems');
  });
});
