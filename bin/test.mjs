import { join } from 'node:path';
import { run } from './child.mjs';
import { installDependencies } from './install.mjs';
import { findNode, installation, missingNodeMessage } from './pinned-node.mjs';
import { finish, reportPath, takeReport } from './totals.mjs';

/** In this order: what takes seconds first. */
const PROJECTS = ['unit', 'system'];

/** What the unit tests reach of the sources, as numbers: `COVERAGE=1` asks for it. Processes of system tests are not in it. */
const COVERAGE = [
  '--coverage.enabled',
  '--coverage.provider=v8',
  '--coverage.reporter=text-summary',
  '--coverage.reporter=json-summary',
  '--coverage.include=src/**',
  '--coverage.exclude=src/spark-connect/generated/**',
  `--coverage.reportsDirectory=${reportPath('coverage')}`,
];

/**
 * Runs the tests of one project; what vitest is given besides goes to it unchanged.
 * A file that does not load counts as one failed test, and so does a runner that leaves no report.
 */
async function runProject(node, project, args) {
  const report = `vitest-${project}.json`;
  takeReport(report);
  const vitest = join(installation, 'node_modules', 'vitest', 'vitest.mjs');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${reportPath(report)}`];
  const coverage = project === 'unit' && process.env.COVERAGE === '1' ? COVERAGE : [];
  const options = [...reporters, ...coverage, ...args];
  const code = await run(node, [vitest, 'run', '--project', project, ...options], { cwd: installation });
  const result = takeReport(report);
  if (result === null) return { passed: 0, failed: 1 };
  const unloaded = result.testResults.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
  );
  for (const file of unloaded) console.log(`${file.name} did not load.`);
  const skipped = result.numPendingTests + result.numTodoTests;
  if (skipped > 0) console.log(`${project}: ${skipped} tests were skipped.`);
  const failed = result.numFailedTests + unloaded.length;
  return { passed: result.numPassedTests, failed: failed === 0 && code !== 0 ? 1 : failed };
}

try {
  await installDependencies({ development: true });
  const node = findNode();
  if (node === null) throw new Error(missingNodeMessage());
  const args = process.argv.slice(2);
  const named = PROJECTS.filter((project) => args.includes(project));
  const wanted = named.length === 0 ? PROJECTS : named;
  const totals = { passed: 0, failed: 0 };
  for (const project of wanted) {
    const { passed, failed } = await runProject(
      node,
      project,
      args.filter((argument) => !PROJECTS.includes(argument)),
    );
    totals.passed += passed;
    totals.failed += failed;
  }
  finish('test', totals);
} catch (error) {
  console.error(error.message);
  finish('test', { passed: 0, failed: 1 });
}
