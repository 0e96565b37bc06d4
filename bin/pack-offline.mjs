import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { npm } from './install.mjs';
import { installation } from './pinned-node.mjs';

const { values } = parseArgs({
  options: {
    output: { type: 'string', default: 'headgate-offline' },
    os: { type: 'string', default: process.platform },
    cpu: { type: 'string', default: process.arch },
  },
});

/**
 * Fills a folder with the package and npm's cache of everything that it needs: what a machine without a network installs
 * from. `--os` and `--cpu` name another platform than this one.
 */
async function packOffline() {
  const folder = resolve(values.output);
  rmSync(join(folder, 'cache'), { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const name of readdirSync(folder).filter((entry) => /^headgate-.*\.tgz$/.test(entry)))
    rmSync(join(folder, name));
  await must(['pack', '--pack-destination', folder], installation);
  const [tarball] = readdirSync(folder).filter((entry) => /^headgate-.*\.tgz$/.test(entry));
  // An installation that is thrown away leaves in the cache all that another one asks for.
  const scratch = mkdtempSync(join(tmpdir(), 'headgate-offline-'));
  try {
    const platform = [`--os=${values.os}`, `--cpu=${values.cpu}`];
    await must(['install', `--cache=${join(folder, 'cache')}`, ...platform, join(folder, tarball)], scratch);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  console.log(`Copy ${folder} to the other machine. There, in the folder of the installation:`);
  console.log(`npm install --offline --cache PATH/cache PATH/${tarball}`);
}

async function must(args, cwd) {
  const { code, output } = await npm(args, { cwd });
  if (code !== 0) throw new Error(`${output}\nnpm ${args[0]} failed: see its messages above.`);
}

try {
  await packOffline();
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
