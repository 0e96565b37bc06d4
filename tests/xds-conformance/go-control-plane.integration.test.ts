import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { ALL_RULES, whatOf } from './all-rules.ts';
import { SNAPSHOT_CACHE } from './go-control-plane.ts';
import { type Outcome, outcomeOf, tryAll } from './try-all.ts';
import { VARIANTS } from './variant.ts';

const [SOTW_SEPARATE, SOTW_ADS, DELTA_SEPARATE, DELTA_ADS] = VARIANTS;

/** Rules that v0.14.0 breaks by its sources or its issues: a suite in which it keeps them tests nothing. */
const KNOWN_BROKEN = [
  ['C4', SOTW_ADS],
  ['C5', SOTW_ADS],
  ['C5', SOTW_SEPARATE],
  ['D4', DELTA_ADS],
  ['D5', DELTA_SEPARATE],
  ['O2', DELTA_ADS],
  ['O4', DELTA_ADS],
  ['O7', SOTW_ADS],
] as const;

/** Rules that its own tests have too: a suite in which it breaks them is wrong. */
const KNOWN_KEPT = [
  ['C1', DELTA_ADS],
  ['C3', SOTW_ADS],
  ['C6', DELTA_SEPARATE],
  ['C12', DELTA_ADS],
  ['S1', SOTW_SEPARATE],
  ['S3', SOTW_SEPARATE],
  ['D1', DELTA_SEPARATE],
  ['D3', DELTA_ADS],
] as const;

describe('the conformance suite on go-control-plane', () => {
  let outcomes: readonly Outcome[];
  beforeAll(async () => {
    outcomes = await tryAll(SNAPSHOT_CACHE, 4);
  });

  it('tries every rule there in every variant [xds-conformance.peer]', () => {
    const trials = ALL_RULES.flatMap(({ variants }) => variants);
    expect(outcomes).toHaveLength(trials.length);
  });

  it('sees it break the rules that it is known to break [xds-conformance.can-fail]', () => {
    expect(
      KNOWN_BROKEN.filter(([id, variant]) => variant && outcomeOf(outcomes, id, variant)?.broken === null),
    ).toEqual([]);
  });

  it('sees it keep the rules that it is known to keep [xds-conformance.can-pass]', () => {
    expect(KNOWN_KEPT.map(([id, variant]) => variant && outcomeOf(outcomes, id, variant)?.broken)).toEqual(
      KNOWN_KEPT.map(() => null),
    );
  });
});

describe('docs/xds-conformance.md', () => {
  it('has a row for every rule, as the suite says it [xds-conformance.table]', () => {
    const page = readFileSync(new URL('../../docs/xds-conformance.md', import.meta.url), 'utf8');
    expect(ALL_RULES.filter((rule) => !page.includes(`| ${rule.id} | ${whatOf(rule)} |`)).map(({ id }) => id)).toEqual(
      [],
    );
  });
});
