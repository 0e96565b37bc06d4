import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { capture } from './child.mjs';
import { installation } from './pinned-node.mjs';

/** The Go module that carries Envoy's API: its version is the newest Envoy whose fields are known. */
const MODULE = 'github.com/envoyproxy/go-control-plane/envoy';
const VERSION = 'v1.40.0';
const PROGRAM = join(installation, 'bin', 'envoy-descriptors', 'main.go');
const WRITTEN = join(installation, 'src', 'control-plane', 'descriptors', 'envoy.binpb.gz');
/** All of the v3 API with its extensions. v2 is gone from Envoy; `contrib` is another module, and not in the usual builds. */
const WANTED = /\/v3(?:alpha)?$/;

/**
 * Writes the descriptors of Envoy's API from those that the Go module embeds. Needs Go and its module proxy:
 * `node bin/generate-envoy-descriptors.mjs`.
 */
async function generate() {
  const work = mkdtempSync(join(tmpdir(), 'headgate-envoy-descriptors-'));
  try {
    copyFileSync(PROGRAM, join(work, 'main.go'));
    writeFileSync(join(work, 'go.mod'), 'module envoy-descriptors\n');
    await go(work, ['get', `${MODULE}@${VERSION}`]);
    // What the packages import is not there yet: `-e` lists them all the same.
    const listed = await go(work, ['list', '-e', '-f', '{{.ImportPath}}', `${MODULE}/...`]);
    const packages = listed.split('\n').filter((name) => name.startsWith(MODULE) && WANTED.test(name));
    const imports = packages.map((name) => `\t_ "${name}"\n`).join('');
    writeFileSync(join(work, 'imports.go'), `package main\n\nimport (\n${imports})\n`);
    await go(work, ['mod', 'tidy']);
    const output = join(work, 'envoy.binpb');
    await go(work, ['run', '.', output]);
    const descriptors = readFileSync(output);
    const packed = gzipSync(descriptors, { level: 9 });
    writeFileSync(WRITTEN, packed);
    console.log(`${packages.length} packages, ${descriptors.length} bytes, ${packed.length} packed.`);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

async function go(directory, args) {
  const { code, output } = await capture('go', args, { cwd: directory });
  if (code !== 0) throw new Error(`go ${args[0]} failed:\n${output}`);
  return output;
}

try {
  await generate();
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
