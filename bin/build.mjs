import { cpSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { run } from './child.mjs';
import { installDependencies } from './install.mjs';
import { findNode, installation, missingNodeMessage } from './pinned-node.mjs';

const SOURCES = join(installation, 'src');
const BUILT = join(installation, 'dist');
/** What the compiler writes itself, and what no run needs. */
const NOT_COPIED = /\.(?:ts|mts|mjs)$/;
const NOT_NEEDED = new Set(['fixtures', 'assembly']);

/**
 * Builds the package into `dist`, laid out like `src`: JavaScript and declarations from the compiler, everything else as it is.
 * Node strips no types below `node_modules`, so an installed Headgate cannot run from `src`. Types are checked by
 * `npm run check`, not here.
 */
async function build() {
  await installDependencies({ development: true });
  const node = findNode();
  if (node === null) throw new Error(missingNodeMessage());
  rmSync(BUILT, { recursive: true, force: true });
  const compiler = join(installation, 'node_modules', 'typescript', 'bin', 'tsc');
  const code = await run(node, [compiler, '-p', join(installation, 'tsconfig.build.json')], { cwd: installation });
  if (code !== 0) throw new Error('The sources could not be compiled.');
  cpSync(SOURCES, BUILT, {
    recursive: true,
    filter: (path) => !NOT_COPIED.test(path) && !NOT_NEEDED.has(basename(path)),
  });
}

try {
  await build();
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
