import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { problemOf } from '../src/gateway/index.ts';
import { documentedRules, PRICE_TABLES } from '../src/insight/index.ts';
import { HeadgateError } from '../src/kernel/errors.ts';
import { renderReference } from '../src/reference/index.ts';
import { everyConnector } from './every-connector.ts';
import { installation } from './pinned-node.mjs';

const FOLDER = join(installation, 'docs', 'reference');

const connectors = everyConnector();

const pages = renderReference({
  tools: connectors.flatMap((connector) => connector.tools),
  resources: connectors.flatMap((connector) => connector.resources),
  prompts: connectors.flatMap((connector) => connector.prompts),
  rules: documentedRules(),
  prices: PRICE_TABLES,
  statusOf: (code) => problemOf(new HeadgateError(code, '')).status,
});

mkdirSync(FOLDER, { recursive: true });
const present = readdirSync(FOLDER);
const stale = present.filter((name) => !pages.has(name));
const changed = [...pages].filter(
  ([name, text]) => !present.includes(name) || readFileSync(join(FOLDER, name), 'utf8') !== text,
);

if (process.argv.includes('--check')) {
  const names = [...stale, ...changed.map(([name]) => name)];
  for (const name of names) console.error(`docs/reference/${name} is not what the definitions give.`);
  if (names.length > 0) console.error('Run: npm run build:reference');
  process.exitCode = names.length === 0 ? 0 : 1;
} else {
  for (const name of stale) rmSync(join(FOLDER, name), { recursive: true });
  for (const [name, text] of changed) writeFileSync(join(FOLDER, name), text);
}
