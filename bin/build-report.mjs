import { join } from 'node:path';
import { run } from './child.mjs';
import { installDependencies } from './install.mjs';
import { findNode, installation, missingNodeMessage } from './pinned-node.mjs';

/** Bundles web/report into src/insight/report/html/*.generated.js. With `--check` it only says whether they are up to date. */
try {
  await installDependencies({ development: true });
  const node = findNode();
  if (node === null) throw new Error(missingNodeMessage());
  const builder = join(installation, 'web', 'report', 'build.mjs');
  process.exitCode = await run(node, [builder, ...process.argv.slice(2)], { cwd: installation });
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
