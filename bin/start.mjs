import { join } from 'node:path';
import { become } from './child.mjs';
import { installDependencies } from './install.mjs';
import { findNode, installation, missingNodeMessage } from './pinned-node.mjs';

try {
  await installDependencies({ development: false });
  const node = findNode();
  if (node === null) throw new Error(missingNodeMessage());
  become(node, [join(installation, 'bin', 'headgate.mjs'), 'serve', ...process.argv.slice(2)]);
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
