import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { runScenario } from '../fixtures/api-reference/run-scenario.ts';
import { NEED_A_MOMENT, SCENARIO } from '../fixtures/api-reference/scenario.ts';

const PAGE = readFileSync(fileURLToPath(new URL('../../docs/api-reference.md', import.meta.url)), 'utf8');

describe('the API reference by example', () => {
  it('has a call of every tool, and every call works [docs.api-examples]', async () => {
    const { answers, tools } = await runScenario();
    for (const { tool, text } of answers) expect([tool, text.length > 0]).toEqual([tool, true]);
    const covered = [...answers.map(({ tool }) => tool), ...Object.keys(NEED_A_MOMENT)];
    expect([...new Set(covered)].sort()).toEqual([...tools].sort());
  });

  it('shows the calls that the test makes [docs.api-examples]', () => {
    const sections = [...PAGE.matchAll(/^## \[(\w+)\]/gm)].map(([, tool]) => tool);
    expect(sections).toEqual(SCENARIO.map(({ tool }) => tool));
    for (const { tool, arguments: args } of SCENARIO) {
      if (typeof args !== 'function') expect([tool, PAGE.includes(JSON.stringify(args))]).toEqual([tool, true]);
    }
  });
});
