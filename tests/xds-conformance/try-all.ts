import { ALL_RULES } from './all-rules.ts';
import type { Rule } from './rule.ts';
import type { ServerKind } from './server-under-test.ts';
import { tryRule } from './try-rule.ts';
import { type Variant, variantName } from './variant.ts';

/** How one rule went in one variant. */
export interface Outcome {
  readonly rule: Rule;
  readonly variant: Variant;
  /** What the server did or left out; null: it kept the rule. */
  readonly broken: string | null;
}

/** Tries every rule in every variant, several at a time. Errors: whatever is not a broken rule. */
export async function tryAll(kind: ServerKind, atATime: number): Promise<Outcome[]> {
  const trials = ALL_RULES.flatMap((rule) => rule.variants.map((variant) => ({ rule, variant })));
  const outcomes: Outcome[] = [];
  const waiting = [...trials];
  await Promise.all(
    Array.from({ length: atATime }, async () => {
      for (let trial = waiting.shift(); trial !== undefined; trial = waiting.shift()) {
        const { rule, variant } = trial;
        const broken = await tryRule(kind, rule, variant).catch((cause) => {
          throw new Error(`${rule.id} in ${variantName(variant)} could not be tried on ${kind.name}.`, { cause });
        });
        outcomes.push({ rule, variant, broken: broken?.message ?? null });
      }
    }),
  );
  return outcomes;
}

/** How a rule went, of what {@link tryAll} found. */
export function outcomeOf(outcomes: readonly Outcome[], id: string, variant: Variant): Outcome | undefined {
  return outcomes.find((outcome) => outcome.rule.id === id && outcome.variant === variant);
}
