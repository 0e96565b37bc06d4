import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { OPERATIONS } from './operations.ts';
import { renderApiReference } from './reference-page.ts';

const FILE = join(import.meta.dirname, '..', '..', '..', 'docs', 'control-plane-api.md');

it('docs/control-plane-api.md is what the definitions give; else run bin/generate-control-plane-api.mjs [control-plane-api.reference]', () => {
  expect(readFileSync(FILE, 'utf8') === renderApiReference(OPERATIONS)).toBe(true);
});
