import type { Rule } from './rule.ts';
import { DELTA_RULES } from './rules/delta.suite.ts';
import { ORDERING_RULES } from './rules/ordering.suite.ts';
import { SOTW_RULES } from './rules/state-of-the-world.suite.ts';
import { STREAM_RULES } from './rules/streams.suite.ts';
import { SUBSCRIPTION_RULES } from './rules/subscriptions.suite.ts';
import { TTL_AND_FETCH_RULES } from './rules/ttl-and-fetch.suite.ts';

const LETTERS = 'CSDOT';

/** Every rule, in the order of the checklist. */
export const ALL_RULES: readonly Rule[] = [
  ...SUBSCRIPTION_RULES,
  ...STREAM_RULES,
  ...SOTW_RULES,
  ...DELTA_RULES,
  ...ORDERING_RULES,
  ...TTL_AND_FETCH_RULES,
].sort((one, other) => place(one) - place(other));

/** What the rule says, without the id of the promise. */
export function whatOf({ title }: Rule): string {
  return title.replace(/ \[[^\]]*\]$/, '');
}

function place({ id }: Rule): number {
  return LETTERS.indexOf(id.charAt(0)) * 100 + Number(id.slice(1));
}
