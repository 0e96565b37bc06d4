import { describe, expect, it } from 'vitest';
import { ALL_RULES } from './all-rules.ts';
import { HEADGATE } from './headgate.ts';
import { tryRule } from './try-rule.ts';
import { variantName } from './variant.ts';

describe.each(ALL_RULES)('$id: Headgate $title', (rule) => {
  it.each(rule.variants.map((variant) => ({ name: variantName(variant), variant })))(
    'in $name',
    async ({ variant }) => {
      expect(await tryRule(HEADGATE, rule, variant)).toBeNull();
    },
  );
});
