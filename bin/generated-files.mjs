import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { capture } from './child.mjs';
import { installation } from './pinned-node.mjs';

const SCANNER = join('src', 'eventlog', 'scan', 'scan.wasm');

/** Whether docs/reference is what the definitions give. Resolves to `{ ok, output }`. */
export async function checkReference(node) {
  const { code, output } = await capture(node, [join('bin', 'generate-reference.mjs'), '--check'], {
    cwd: installation,
  });
  return { ok: code === 0, output };
}

/** Whether scan.wasm is, byte for byte, what `npm run build:wasm` makes of its source. Resolves to `{ ok, output }`. */
export async function checkScanner(node) {
  const { scripts } = JSON.parse(readFileSync(join(installation, 'package.json'), 'utf8'));
  const flags = scripts['build:wasm'].split(' ').slice(1);
  const built = join('.cache', 'scan.wasm');
  flags[flags.indexOf('-o') + 1] = built;
  rmSync(join(installation, built), { force: true });
  const compiler = join('node_modules', 'assemblyscript', 'bin', 'asc.js');
  const { code, output } = await capture(node, [compiler, ...flags], { cwd: installation });
  if (code !== 0 || !existsSync(join(installation, built))) return { ok: false, output };
  const same = readFileSync(join(installation, built)).equals(readFileSync(join(installation, SCANNER)));
  return { ok: same, output: same ? '' : `${SCANNER} is not what its source compiles to. Run: npm run build:wasm\n` };
}
