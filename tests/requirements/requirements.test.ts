import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Requirement } from './requirement.ts';

const REPOSITORY = join(import.meta.dirname, '..', '..');
const NOT_LISTS = new Set(['requirement.ts', 'requirements.test.ts']);
/** Ids in square brackets that end a test's title. */
const CITATION = /(?<=\s)\[([a-z]+(?:-[a-z]+)*\.[a-z0-9]+(?:-[a-z0-9]+)*)\](?=['"`]|\s\[)/g;

let declared: Array<Requirement & { area: string }>;
let cited: Map<string, string[]>;

beforeAll(async () => {
  const lists = globSync('*.ts', { cwd: import.meta.dirname }).filter((name) => !NOT_LISTS.has(name));
  const loaded = await Promise.all(
    lists.sort().map(async (name) => {
      const list: { requirements: readonly Requirement[] } = await import(
        pathToFileURL(join(import.meta.dirname, name)).href
      );
      return list.requirements.map((requirement) => ({ ...requirement, area: basename(name, '.ts') }));
    }),
  );
  declared = loaded.flat();
  cited = new Map();
  for (const file of globSync('{src,tests,bench,examples}/**/*.{test,suite}.ts', { cwd: REPOSITORY })) {
    const text = readFileSync(join(REPOSITORY, file), 'utf8');
    for (const [, id] of text.matchAll(CITATION)) cited.set(id ?? '', [...(cited.get(id ?? '') ?? []), file]);
  }
});

describe('the requirements manifest', () => {
  it('has a test for every promise [house.requirements-tested]', () => {
    expect(declared.filter(({ id }) => !cited.has(id)).map(({ id }) => id)).toEqual([]);
  });

  it('knows every promise that a test cites [house.requirements-tested]', () => {
    const known = new Set(declared.map(({ id }) => id));
    expect([...cited].filter(([id]) => !known.has(id))).toEqual([]);
  });

  it('has no promise twice', () => {
    const ids = declared.map(({ id }) => id);
    expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([]);
  });

  it('names each promise after its area, in one sentence, with its source', () => {
    for (const { id, area, behaviour, source } of declared) {
      expect(id).toMatch(new RegExp(`^${area}\\.[a-z0-9]+(-[a-z0-9]+)*$`));
      expect(behaviour).toMatch(/\.$/);
      expect(source).not.toBe('');
    }
  });
});
