import { describe, expect, it } from 'vitest';
import { renderReference } from '../../reference/index.ts';
import { CATALOG } from './catalog.ts';
import { documentedRules } from './documented-rules.ts';
import { RULES } from './index.ts';

const ROWS_OF_THE_SURVEY = 46;

describe('the documentation of the rules', () => {
  it('has every rule, with every threshold and its source [insight-rules.documented]', () => {
    const rules = documentedRules();
    const text =
      renderReference({ tools: [], resources: [], prompts: [], rules, prices: [], statusOf: () => 400 }).get(
        'rules.md',
      ) ?? '';
    expect(rules.map(({ id }) => id).sort()).toEqual(RULES.map(({ id }) => id).sort());
    for (const { id, thresholds } of rules) {
      const section = text.split(`\n## ${id}\n`)[1]?.split('\n## ')[0] ?? '';
      for (const [name, { source }] of Object.entries(thresholds)) {
        expect([id, section.includes(`\`${name}\``), section.includes(source.replaceAll('|', '\\|'))]).toEqual([
          id,
          true,
          true,
        ]);
      }
    }
  });

  it('has no rule that there is not', () => {
    const ids = new Set(RULES.map(({ id }) => id));
    expect(Object.keys(CATALOG).filter((id) => !ids.has(id))).toEqual([]);
  });

  it('covers at least 36 rows of the survey [insight-rules.survey-covered]', () => {
    const rows = new Set(documentedRules().flatMap((rule) => rule.rows));
    expect([...rows].every((row) => row >= 1 && row <= ROWS_OF_THE_SURVEY)).toBe(true);
    expect(rows.size).toBeGreaterThanOrEqual(36);
  });
});
