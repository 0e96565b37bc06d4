#!/usr/bin/env node
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findNode, findPinnedNode, installation, isRecentNode, missingNodeMessage } from './pinned-node.mjs';

/** A package is built, a clone is not: in a clone Node strips the types. */
const MAIN = existsSync(join(installation, 'src')) ? '../src/main.ts' : '../dist/main.js';

/** Node 22 warns that its SQLite is experimental: news for us, not for whoever runs a command. */
function withoutSqliteWarning() {
  const { emitWarning } = process;
  process.emitWarning = (warning, ...options) => {
    if (!String(warning).startsWith('SQLite is an experimental feature')) emitWarning(warning, ...options);
  };
}

if (isRecentNode(process.versions.node)) {
  withoutSqliteWarning();
  // Before the first TypeScript file: with the cache Node neither strips its types nor loads what does that.
  const { dataFolder } = await import('./data-folder.mjs');
  const home = dataFolder(process.env);
  try {
    // For its owner only: it holds the audit. The cache would make it readable for everybody.
    mkdirSync(home, { recursive: true, mode: 0o700 });
  } catch {
    // A command that needs the folder says what is wrong with it; the others do without.
  }
  // Node 20 has no such export: a static import would fail before the pinned Node is looked for.
  const { enableCompileCache } = await import('node:module');
  enableCompileCache(join(home, 'cache', 'compile'));
  const { main } = await import(MAIN);
  process.exitCode = await main(process.argv.slice(2), { node: findNode(), path: fileURLToPath(import.meta.url) });
} else {
  const node = findPinnedNode();
  if (node === null) {
    console.error(missingNodeMessage());
    process.exitCode = 1;
  } else {
    const { become } = await import('./child.mjs');
    become(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)]);
  }
}
