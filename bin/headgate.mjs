#!/usr/bin/env node
import { mkdirSync, readFileSync } from 'node:fs';
import * as nodeModule from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findNode, findPinnedNode, installation, isRecentNode, missingNodeMessage } from './pinned-node.mjs';

/** Node strips no types below a `node_modules` folder, which is where an installed Headgate lives: this does. */
function stripTypesOfInstalledPackage() {
  // Its first use warns that it is experimental: news for us, not for whoever runs the command.
  const { emitWarning } = process;
  process.emitWarning = () => {};
  nodeModule.stripTypeScriptTypes('');
  process.emitWarning = emitWarning;
  nodeModule.registerHooks({
    load(url, context, next) {
      if (!url.startsWith('file:') || !url.endsWith('.ts')) return next(url, context);
      const source = nodeModule.stripTypeScriptTypes(readFileSync(fileURLToPath(url), 'utf8'));
      return { format: 'module', source, shortCircuit: true };
    },
  });
}

if (isRecentNode(process.versions.node)) {
  if (/[\\/]node_modules[\\/]/.test(installation)) stripTypesOfInstalledPackage();
  // Before the first TypeScript file: with the cache Node neither strips its types nor loads what does that.
  const { dataFolder } = await import('./data-folder.mjs');
  const home = dataFolder(process.env);
  try {
    // For its owner only: it holds the audit. The cache would make it readable for everybody.
    mkdirSync(home, { recursive: true, mode: 0o700 });
  } catch {
    // A command that needs the folder says what is wrong with it; the others do without.
  }
  nodeModule.enableCompileCache(join(home, 'cache', 'compile'));
  const { main } = await import('../src/main.ts');
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
