import { PLAN_RULES } from './catalog-of-plans.ts';
import { RESOURCE_RULES } from './catalog-of-resources.ts';
import type { RuleEntry } from './rule-entry.ts';

/** Every rule, by id, in the order of the survey; those beside it first. */
export const CATALOG: Readonly<Record<string, RuleEntry>> = Object.fromEntries(
  Object.entries({ ...RESOURCE_RULES, ...PLAN_RULES }).sort(([, a], [, b]) => (a.rows[0] ?? 0) - (b.rows[0] ?? 0)),
);

/** True for a rule whose findings are failures and losses: they are reported whatever time they took. */
export function isOutcome(rule: string): boolean {
  return CATALOG[rule]?.kind === 'outcome';
}

/** True for a rule whose findings stand as their rule states them where no replay shows more: failures and risks. */
export function isStated(rule: string): boolean {
  return isOutcome(rule) || CATALOG[rule]?.kind === 'risk';
}
