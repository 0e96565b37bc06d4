import { CATALOG } from './catalog.ts';
import { ADVISERS, CAUSES } from './causes.ts';
import { RULES } from './index.ts';
import type { Thresholds } from './rule.ts';
import type { RuleEntry } from './rule-entry.ts';

/** What the reference shows of a rule. */
export interface DocumentedRule extends RuleEntry {
  readonly id: string;
  readonly thresholds: Thresholds;
  /** Rules under which it stands where it follows from them, or explains them. */
  readonly under: readonly string[];
}

/** Every rule with what is documented of it, by the rows of the survey that it covers, failures first. */
export function documentedRules(): DocumentedRule[] {
  const order = Object.keys(CATALOG);
  return [...RULES]
    .sort((a, b) => order.indexOf(a.id) - order.indexOf(b.id))
    .map(({ id, thresholds }) => {
      const entry = CATALOG[id];
      if (entry === undefined) throw new Error(`${id} is not in the catalog of rules.`);
      return { ...entry, id, thresholds, under: [...causesOf(id)].sort() };
    });
}

function causesOf(id: string): Set<string> {
  return new Set([
    ...CAUSES.flatMap(({ cause, effects }) => (effects.includes(id) ? [cause] : [])),
    ...(ADVISERS.get(id) ?? []),
  ]);
}
