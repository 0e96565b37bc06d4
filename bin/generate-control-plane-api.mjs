import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { API_OPERATIONS, renderApiReference } from '../src/control-plane/index.ts';
import { installation } from './pinned-node.mjs';

const FILE = join(installation, 'docs', 'control-plane-api.md');

const page = renderApiReference(API_OPERATIONS);
const isCurrent = existsSync(FILE) && readFileSync(FILE, 'utf8') === page;

if (process.argv.includes('--check')) {
  if (!isCurrent) console.error('docs/control-plane-api.md is not what the definitions give.');
  if (!isCurrent) console.error('Run: node bin/generate-control-plane-api.mjs');
  process.exitCode = isCurrent ? 0 : 1;
} else if (!isCurrent) {
  writeFileSync(FILE, page);
}
