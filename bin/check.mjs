import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { capture } from './child.mjs';
import { checkControlPlaneApi, checkReference, checkReportView } from './generated-files.mjs';
import { checkImports } from './import-rules.mjs';
import { installDependencies } from './install.mjs';
import { findNode, installation, missingNodeMessage } from './pinned-node.mjs';
import { finish } from './totals.mjs';

/** Names that say nothing about what is inside. */
const BANNED_NAMES = /^(utils?|helpers?|commons?|misc|managers?|data|info|process|base|impl)\./;
/** Folders of one machine's user or workspace: a path that means nothing elsewhere. */
const MACHINE_PATH = /(?:^|[\s"'`(=])(?:\/(?:home|Users|root|work)\/[A-Za-z0-9._-]+|[A-Z]:\\Users\\)/;
/** Sources, and text that speaks for the project. Recorded files keep what the recording machine wrote. */
const OURS = /\.(?:ts|tsx|mjs|cjs|js|json|ya?ml|md|sh)$|^\.ci\//;
const NOT_OURS = /(?:^|\/)fixtures\/|\.generated\.js$|^examples\/event-logs\/|^package-lock\.json$|\.golden\.json$/;

const tool = (name, path, args) => ({
  name,
  run: async (node) => {
    const { code, output } = await capture(node, [join(installation, 'node_modules', ...path), ...args], {
      cwd: installation,
    });
    return { ok: code === 0, output };
  },
});

/** Every check by the name that it is printed under. `run(node)` resolves to `{ ok, output }`. */
const CHECKS = [
  tool('format and lint (biome)', ['@biomejs', 'biome', 'bin', 'biome'], ['check', '--error-on-warnings']),
  tool('types (tsc)', ['typescript', 'bin', 'tsc'], ['-p', '.']),
  tool('types of the report view (tsc)', ['typescript', 'bin', 'tsc'], ['--noEmit', '-p', join('web', 'report')]),
  { name: 'imports (dependency-cruiser)', run: (node) => checkImports(node) },
  tool('dead code (knip)', ['knip', 'bin', 'knip.js'], []),
  { name: 'generated: docs/reference', run: checkReference },
  { name: 'generated: docs/control-plane-api.md', run: checkControlPlaneApi },
  { name: 'generated: view of the report', run: checkReportView },
  { name: 'file names', run: () => findIn((file) => (BANNED_NAMES.test(basename(file)) ? ['banned name'] : [])) },
  { name: 'no paths of one machine', run: () => findIn(machinePaths) },
];

/** Applies `problemsOf` to every file of the repository, new ones included. */
async function findIn(problemsOf) {
  const { code, output } = await capture('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
    cwd: installation,
  });
  if (code !== 0) return { ok: false, output };
  const files = output.split('\n').filter((file) => file !== '' && !NOT_OURS.test(file));
  const problems = files.flatMap((file) => problemsOf(file).map((problem) => `${file}: ${problem}\n`));
  return { ok: files.length > 0 && problems.length === 0, output: problems.join('') };
}

function machinePaths(file) {
  if (!OURS.test(file) || !existsSync(join(installation, file))) return [];
  const lines = readFileSync(join(installation, file), 'utf8').split('\n');
  return lines.flatMap((line, index) =>
    MACHINE_PATH.test(line) ? [`line ${index + 1} names a path of one machine`] : [],
  );
}

try {
  await installDependencies({ development: true });
  const node = findNode();
  if (node === null) throw new Error(missingNodeMessage());
  const totals = { passed: 0, failed: 0 };
  for (const check of CHECKS) {
    const { ok, output } = await check.run(node);
    totals[ok ? 'passed' : 'failed'] += 1;
    console.log(`${ok ? 'ok    ' : 'FAILED'} ${check.name}`);
    if (!ok) console.log(output.trimEnd());
  }
  finish('check', totals);
} catch (error) {
  console.error(error.message);
  finish('check', { passed: 0, failed: 1 });
}
