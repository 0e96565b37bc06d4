import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Block, blocksOf, readPages } from '../conformance/docs/pages.ts';
import { REPOSITORY, Sandbox } from './headgate-process.ts';

/**
 * Pages whose outputs are the same everywhere: figures are of one machine, and their commands take minutes; what needs a Spark is
 * tested where there is one.
 */
const pages = readPages().filter(({ path }) => !path.startsWith('bench/') && path !== 'docs/spark-connect.md');

/** Every block that shows how to get an output, with the block after it, which shows that output. */
const shown = pages.flatMap(({ path, text }) => {
  const blocks = blocksOf(text);
  return blocks.flatMap((block, index) => {
    const output = blocks[index + 1];
    return output?.language === 'text' ? [{ title: `${path}, block ${index + 1}`, block, output: output.code }] : [];
  });
});

/** Where a program is run from: inside the package, so that it finds `headgate/eventlog`. */
const SNIPPETS = join(REPOSITORY, '.cache', 'snippets');

let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await Sandbox.create();
  await mkdir(SNIPPETS, { recursive: true });
});

afterAll(async () => {
  await sandbox.remove();
  await rm(SNIPPETS, { recursive: true, force: true });
});

describe('what the documentation shows with its output', () => {
  it('is found on five pages', () => {
    expect(shown.map(({ title }) => title.split(',')[0])).toEqual([
      'README.md',
      'README.md',
      'docs/eventlog.md',
      'docs/eventlog.md',
      'docs/getting-started.md',
      'docs/getting-started.md',
      'docs/insight.md',
      'docs/insight.md',
      'docs/xds.md',
    ]);
  });

  it.each(shown)('gives it: $title [docs.outputs-are-real]', async ({ block, output }) => {
    const { stdout, stderr, exitCode } = await run(block);
    expect({ exitCode, stderr: stderr.replace(/^skipped .*\n/gm, '') }).toEqual({ exitCode: 0, stderr: '' });
    expect(missingFrom(stdout, output)).toEqual([]);
  });
});

async function run({ language, code }: Block) {
  if (language !== 'ts') {
    const [command = ''] = code.trimEnd().split('\n').slice(-1);
    return sandbox.run(command.replace(/^npx headgate /, '').split(' '), { cwd: REPOSITORY });
  }
  const script = join(SNIPPETS, 'snippet.ts');
  await writeFile(script, code);
  // A clone is not built: its package is read from the sources.
  return sandbox.run([], { cwd: REPOSITORY, script, nodeArgs: ['--conditions=headgate-source'] });
}

/** The parts between `…` lines, each of which must stand in the real output as it is, one after the other. Returns those that do not. */
function missingFrom(real: string, output: string): string[] {
  let rest = real;
  return output.split(/^…\n/m).filter((part) => {
    const at = rest.indexOf(part);
    if (at >= 0) rest = rest.slice(at + part.length);
    return at < 0;
  });
}
