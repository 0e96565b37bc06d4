import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { unknownVariables, VARIABLES } from '../../../src/configuration/variables.ts';
import { KINDS } from '../../../src/control-plane/desired-state/desired-state.ts';
import { compileFile } from '../../../src/control-plane/index.ts';
import { parseConfigFile } from '../../../src/kernel/config.ts';
import { ConfigFile, SOURCE_KINDS } from '../../../src/kernel/config-file.ts';
import { blocksOf, inlineCode, readPages, readText } from './pages.ts';

const pages = readPages();
const example = readText('headgate.example.yaml');

/** The example with every key taken in: `# key:` and `# - key:` are keys, all other comments are words. */
const everything = parse(example.replace(/^( *)# (?=(?:- )?(?:\{ )?[a-z_0-9]+:(?: |$))/gm, '$1')) as unknown;

/** Keys of every object of a schema, by the path where it is first found; `*` for names and items. Equal objects are one. */
function keysOf(schema: z.core.$ZodType, path = '', seen = new Map<z.core.$ZodType, string[]>()) {
  if (schema instanceof z.ZodOptional) keysOf(schema.unwrap(), path, seen);
  else if (schema instanceof z.ZodRecord) keysOf(schema.valueType, `${path}.*`, seen);
  else if (schema instanceof z.ZodArray) keysOf(schema.element, `${path}.*`, seen);
  else if (schema instanceof z.ZodObject && !seen.has(schema)) {
    seen.set(
      schema,
      Object.keys(schema.shape).map((key) => `${path}.${key}`),
    );
    for (const [key, child] of Object.entries(schema.shape)) keysOf(child as z.core.$ZodType, `${path}.${key}`, seen);
  }
  return seen;
}

const settings = [...keysOf(ConfigFile).values()].flat().map((path) => path.slice(1));

/** Whether a document says something at a path. */
function says(document: unknown, [key, ...rest]: readonly string[]): boolean {
  if (key === undefined) return document !== undefined;
  if (typeof document !== 'object' || document === null) return false;
  const children = key === '*' ? Object.values(document) : [(document as Record<string, unknown>)[key]];
  return children.some((child) => says(child, rest));
}

/** The last part of the settings below a path, one each. */
const keysBelow = (path: string) => [
  ...new Set(settings.filter((one) => one.startsWith(`${path}.`)).map((one) => one.split('.').at(-1) ?? '')),
];

/** The keys that a page neither shows in a block nor names in its text. */
function keysMissingFrom(path: string, keys: readonly string[]): string[] {
  const text = readText(path);
  const words = [...inlineCode(text), ...blocksOf(text).map(({ code }) => code)].join('\n');
  return keys.filter((key) => key !== '*' && !new RegExp(`(?<![\\w-])${key}(?![\\w-])`).test(words));
}

const OTHER = { endpoints: ['127.0.0.1:8000'] };
const certificate = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';

describe('headgate.example.yaml', () => {
  it('is valid with every key taken in [docs.every-setting]', () => {
    expect(parseConfigFile(everything)).not.toHaveProperty('problems');
  });

  it('has every key [docs.every-setting]', () => {
    expect(settings.length).toBeGreaterThan(50);
    expect(settings.filter((path) => !says(everything, path.split('.')))).toEqual([]);
  });

  it('names every variable that means something [docs.every-variable]', () => {
    expect(VARIABLES.filter((name) => !new RegExp(`\\b${name}\\b`).test(example))).toEqual([]);
  });
});

describe('pages that configure', () => {
  it('name only variables that mean something [docs.every-variable]', () => {
    const misspelt = new Set(['HEADGATE_PORTS']);
    // Headgate gives it to the jobs that it starts.
    const givenOut = new Set(['HEADGATE_JOB']);
    const named = [...pages, { path: 'headgate.example.yaml', text: example }].flatMap(
      ({ text }) => text.match(/\bHEADGATE_[A-Z_]*[A-Z]\b/g) ?? [],
    );
    const env = Object.fromEntries(
      named.filter((name) => !misspelt.has(name) && !givenOut.has(name)).map((name) => [name, '1']),
    );
    expect(Object.keys(env).length).toBeGreaterThan(5);
    expect(unknownVariables(env)).toEqual([]);
  });

  /** Definitions of pipelines are YAML too: the tests of their room take them from the page. */
  const isPipeline = (code: string) => /^sources:/m.test(code);
  const isDesiredState = (code: string) => KINDS.some((kind) => new RegExp(`^${kind}:`, 'm').test(code));

  it('show configurations that Headgate takes [docs.configurations-valid]', () => {
    const shown = pages.flatMap(({ path, text }) =>
      blocksOf(text)
        .filter(({ language, code }) => language === 'yaml' && !isPipeline(code) && !isDesiredState(code))
        .map(({ code }, index) => ({ title: `${path}, ${index + 1}`, result: parseConfigFile(parse(whole(code))) })),
    );
    expect(shown.filter(({ result }) => 'problems' in result)).toEqual([]);
    expect(shown.length).toBeGreaterThan(5);
  });

  it('show desired states that the control plane takes [docs.desired-states-valid]', async () => {
    const shown = pages.flatMap(({ path, text }) =>
      blocksOf(text)
        .filter(({ language, code }) => language === 'yaml' && isDesiredState(code))
        .map(({ code }, index) => ({ code, title: `${path}, ${index + 1}` })),
    );
    const wrong: unknown[] = [];
    for (const { code, title } of shown) {
      const { problems } = await compileFile(JSON.stringify(withNamed(parse(code))), title, async () => certificate);
      wrong.push(...problems.filter(({ severity }) => severity === 'error').map((problem) => ({ title, problem })));
    }
    expect(wrong).toEqual([]);
    expect(shown.length).toBeGreaterThan(4);
  });

  it('explain every kind of source with its keys [docs.sources]', () => {
    const keys = [...SOURCE_KINDS, ...keysBelow('spark_history.sources.*')];
    expect(keys).toContain('path_style');
    expect(keysMissingFrom('docs/sources.md', keys)).toEqual([]);
  });

  it('explain every key of the server and of authentication [docs.team-set-up]', () => {
    const keys = [...keysBelow('server'), ...keysBelow('auth')];
    expect(keys).toContain('tenant_claim');
    expect(keysMissingFrom('docs/team.md', keys)).toEqual([]);
  });

  it('explain every parameter of a database address [docs.team-set-up]', () => {
    const [, list = ''] = /^const PARAMETERS = \[([^\]]+)\]/m.exec(readText('src/store/postgres/settings.ts')) ?? [];
    const parameters = [...list.matchAll(/'(\w+)'/g)].map(([, name]) => name ?? '');
    expect(parameters).toContain('sslmode');
    expect(keysMissingFrom('docs/team.md', parameters)).toEqual([]);
  });
});

/** Hashes that are cut short on a page, at their full length. */
function whole(yaml: string): string {
  return yaml.replace(/\b([0-9a-f]{2})…/g, (_all, digits: string) => digits.repeat(32));
}

/** A state with the clusters that a page's blocks name and another block has. */
function withNamed(state: { readonly clusters?: Record<string, unknown> }): unknown {
  const others = Object.fromEntries(['headgate', 'canary', 'idp', 'otel'].map((name) => [name, OTHER]));
  return { ...state, clusters: { ...others, ...state.clusters } };
}
