import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { REPOSITORY, Sandbox } from './headgate-process.ts';

const CHECK = `
import { checkImports } from ${JSON.stringify(join(REPOSITORY, 'bin', 'import-rules.mjs'))};
console.log(JSON.stringify(await checkImports(process.execPath, process.cwd())));
`;

let sandbox: Sandbox;

beforeEach(async () => {
  sandbox = await Sandbox.create();
});

afterEach(() => sandbox.remove());

/** Checks a repository of these files. */
async function check(files: Record<string, string>): Promise<{ ok: boolean; output: string }> {
  for (const [path, text] of Object.entries({
    ...files,
    'tsconfig.json': '{}',
    'package.json': '{"type": "module"}',
    'check.mjs': CHECK,
  })) {
    const file = join(sandbox.folder, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }
  const result = await sandbox.run([], { script: join(sandbox.folder, 'check.mjs') });
  return JSON.parse(result.stdout);
}

const empty = 'export const one = 1;\n';
const from = (path: string) => `import { one } from '${path}';\nexport const two = one;\n`;

describe('the import rules', () => {
  it('accept a room that imports the kernel, and app.ts that imports doors [house.import-rules]', async () => {
    const { ok, output } = await check({
      'src/kernel/a.ts': empty,
      'src/store/index.ts': from('../kernel/a.ts'),
      'src/app.ts': from('./store/index.ts'),
    });
    expect(output).toContain('3 modules');
    expect(ok).toBe(true);
  });

  it.each([
    ['the kernel a room', 'src/kernel/b.ts', '../store/index.ts', 'kernel-imports-nothing-of-ours'],
    ['the kernel the file system', 'src/kernel/b.ts', 'node:fs', 'kernel-does-no-io'],
    ['the store the gateway', 'src/store/b.ts', '../gateway/index.ts', 'store-imports'],
    ['the gateway the store', 'src/gateway/b.ts', '../store/index.ts', 'gateway-imports'],
    ['the engine insight', 'src/eventlog/b.ts', '../insight/index.ts', 'eventlog-imports'],
    ['insight a file behind the door of the engine', 'src/insight/b.ts', '../eventlog/model.ts', 'through-the-door'],
    ['a command the store', 'src/commands/b.ts', '../store/index.ts', 'rooms-meet-in-app'],
    ['app.ts a file behind a door', 'src/app.ts', './eventlog/model.ts', 'through-the-door-from-outside-the-rooms'],
    ['the product a test', 'src/main.ts', './main.test.ts', 'tests-stay-out-of-the-product'],
  ])('refuse that %s imports [house.import-rules]', async (_, file, target, rule) => {
    const text =
      target === 'node:fs'
        ? "import { readFileSync } from 'node:fs';\nexport const read = readFileSync;\n"
        : from(target);
    const { ok, output } = await check({
      'src/kernel/a.ts': empty,
      'src/store/index.ts': empty,
      'src/gateway/index.ts': empty,
      'src/eventlog/index.ts': empty,
      'src/eventlog/model.ts': empty,
      'src/insight/index.ts': empty,
      'src/main.test.ts': empty,
      [file]: text,
    });
    expect(output).toContain(`error ${rule}: ${file} → `);
    expect(ok).toBe(false);
  });

  it('refuse a cycle [house.import-rules]', async () => {
    const { ok, output } = await check({
      'src/store/a.ts': from('./b.ts'),
      'src/store/b.ts': from('./a.ts').replace('two', 'one'),
    });
    expect(output).toContain('error no-cycles: ');
    expect(ok).toBe(false);
  });

  it('fail when there is nothing to cruise [house.import-rules]', async () => {
    expect(await check({})).toMatchObject({ ok: false });
    expect(await check({ 'src/readme.md': '# Nothing\n' })).toMatchObject({ ok: false });
  });
});
