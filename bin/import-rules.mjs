import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { capture } from './child.mjs';
import { installation } from './pinned-node.mjs';

/** What holds source code, of which a folder may lack some. */
const CRUISED = ['src', 'bin', 'tests', 'bench', 'examples'];

/**
 * Checks who imports whom in a folder laid out like this repository. Resolves to `{ ok, output }`.
 * Not one module cruised is a failure too: a cruiser that cannot read the sources says that all is well.
 */
export async function checkImports(node, folder = installation) {
  const cruiser = join(installation, 'node_modules', 'dependency-cruiser', 'bin', 'dependency-cruiser.mjs');
  const rules = join(installation, '.dependency-cruiser.cjs');
  const roots = CRUISED.filter((root) => existsSync(join(folder, root)));
  if (roots.length === 0) return { ok: false, output: `No folder with sources in ${folder}.\n` };
  const { code, output } = await capture(node, [cruiser, '--config', rules, '--output-type', 'err', ...roots], {
    cwd: folder,
  });
  const cruised = Number(/(\d+) modules?, \d+ dependencies cruised/.exec(output)?.[1] ?? 0);
  if (cruised === 0) return { ok: false, output: `${output}No module was cruised.\n` };
  return { ok: code === 0, output };
}
