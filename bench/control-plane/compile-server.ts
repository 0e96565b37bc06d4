import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runChecked } from '../../tests/stack/command.ts';

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));
/** Inside of the repository, where its packages are found. */
const BENCH_CACHE = join(REPOSITORY, '.cache', 'bench');
const SERVE = join('bench', 'control-plane', 'serve-headgate');
const DESCRIPTORS = join('src', 'control-plane', 'descriptors', 'envoy.binpb.gz');

let compiled: Promise<string> | undefined;

/**
 * The process that is measured, compiled as the package is: Node's own removal of types is 18 MB that an installed Headgate does
 * not have. It is removed when this process ends. Returns its path.
 */
export function compileServer(): Promise<string> {
  compiled ??= compile();
  return compiled;
}

async function compile(): Promise<string> {
  mkdirSync(BENCH_CACHE, { recursive: true });
  const folder = mkdtempSync(join(BENCH_CACHE, 'control-plane-'));
  process.once('exit', () => rmSync(folder, { recursive: true }));
  const settings = join(folder, 'tsconfig.json');
  writeFileSync(
    settings,
    JSON.stringify({
      extends: join(REPOSITORY, 'tsconfig.build.json'),
      compilerOptions: {
        rootDir: REPOSITORY,
        outDir: folder,
        declaration: false,
        types: ['node'],
        typeRoots: [join(REPOSITORY, 'node_modules', '@types')],
      },
      include: [],
      files: [join(REPOSITORY, `${SERVE}.ts`)],
    }),
  );
  await runChecked(process.execPath, [join(REPOSITORY, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', settings]);
  cpSync(join(REPOSITORY, DESCRIPTORS), join(folder, DESCRIPTORS));
  return join(folder, `${SERVE}.js`);
}
