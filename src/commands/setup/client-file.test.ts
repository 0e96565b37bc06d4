import fc from 'fast-check';
import { parse } from 'jsonc-parser';
import { describe, expect, it } from 'vitest';
import { type EntryPath, entryOf, hasServers, isBare, withEntry, withoutEntry } from './client-file.ts';

const PATH: EntryPath = ['mcpServers', 'headgate'];
const FILE = '/homes/ada/mcp.json';
const entry = { command: '/n/node', args: ['a'] };
const put = (text: string) => withEntry(text, PATH, entry, FILE);

describe('withEntry', () => {
  it.each(['', '  \n', '{}', '{"mcpServers": {}}', '\uFEFF{}'])('puts the entry into %j', (text) => {
    expect(entryOf(put(text), PATH, FILE)).toEqual(entry);
  });

  it('keeps comments, order, indentation, line ends and a byte order mark [start.client-file-kept]', () => {
    const before =
      '\uFEFF{\r\n\t// mine\r\n\t"theme": "dark", /* why */\r\n\t"mcpServers": {\r\n\t\t"other": {}\r\n\t},\r\n}\r\n';
    const after = put(before);
    expect(after).toContain('\t// mine\r\n\t"theme": "dark", /* why */\r\n\t"mcpServers": {\r\n\t\t"other": {}');
    expect(after).toContain('\r\n\t\t"headgate": {\r\n\t\t\t"command": "/n/node"');
    expect(after.startsWith('\uFEFF{')).toBe(true);
    expect(after.replaceAll('\r\n', '')).not.toContain('\n');
  });

  it('changes nothing a second time [start.client-file-kept]', () => {
    const once = put('{\n  "a": 1\n}\n');
    expect(put(once)).toBe(once);
  });

  it('replaces another entry of the same name alone', () => {
    const after = put('{"mcpServers": {"headgate": {"url": "http://old"}, "other": {"url": "http://o"}}}');
    expect(parse(after)).toEqual({ mcpServers: { headgate: entry, other: { url: 'http://o' } } });
  });

  it.each([
    ['{\n "a": 1,\n "b" 2\n}', 'line 3'],
    ['{\n  "mcpServers": {', 'line 2'],
    ['nonsense', 'line 1'],
    ['[]', '"mcpServers"'],
    ['{"mcpServers": []}', '"mcpServers"'],
    ['{"mcpServers": "x"}', '"mcpServers"'],
    ['{"mcpServers": {"headgate": {}, "headgate": {}}}', '"headgate" 2 times'],
    ['{"mcpServers": {}, "a": 1, "mcpServers": {}}', '"mcpServers" 2 times'],
  ])('refuses %j [start.client-file-broken]', (text, where) => {
    expect(() => put(text)).toThrowError(
      expect.objectContaining({ code: 'failed_precondition', message: expect.stringContaining(where) }),
    );
  });

  it('leaves every other member as it was [start.client-file-kept]', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.jsonValue()),
        fc.constantFrom(undefined, 2, '\t'),
        (members, indent) => {
          const { mcpServers: _, ...others } = members;
          const before = JSON.stringify(others, null, indent);
          const after = put(before);
          expect(JSON.parse(after)).toEqual({ ...JSON.parse(before), mcpServers: { headgate: entry } });
          expect(JSON.parse(withoutEntry(after, PATH, FILE))).toEqual({ ...JSON.parse(before), mcpServers: {} });
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe('withoutEntry', () => {
  it.each([
    '{\n  // mine\n  "mcpServers": {\n    "other": {}\n  }\n}\n',
    '{\n  "mcpServers": {\n    "other": { "url": "u" } // theirs, not ours\n  }\n}\n',
    '{\n  "mcpServers": {\n    "other": {}, // a comma, and a comment\n  },\n}\n',
    '{\r\n\t"mcpServers": {\r\n\t\t"other": {} /* , */\r\n\t}\r\n}',
    '{ "mcpServers": {} }',
    '{\n  "mcpServers": {\n    // nothing yet\n  }\n}\n',
    '\uFEFF{\n  "mcpServers": {},\n  "a": 1\n}',
  ])('gives back %j, byte for byte [start.uninstall-removes-only-ours]', (before) => {
    const after = put(before);
    expect(entryOf(after, PATH, FILE)).toEqual(entry);
    expect(withoutEntry(after, PATH, FILE)).toBe(before);
  });

  it('takes the entry out from between others', () => {
    const text = '{"mcpServers": {"a": {}, /* ours */ "headgate": {}, "b": {}}}';
    expect(parse(withoutEntry(text, PATH, FILE))).toEqual({ mcpServers: { a: {}, b: {} } });
    expect(withoutEntry(text, PATH, FILE)).toContain('/* ours */');
  });

  it('changes nothing where there is none', () => {
    expect(withoutEntry('{ "a":1 }', PATH, FILE)).toBe('{ "a":1 }');
  });
});

describe('withoutEntry', () => {
  it.each(['{"a": 1}', '{"a": 1,}', '{\n  // mine\n  "a": 1 // why\n}\n', '\uFEFF{\r\n\t"a": 1\r\n}\r\n', '{}'])(
    'takes the list of servers along where it was made for the entry, and leaves %j as it was',
    (before) => {
      expect(hasServers(before, PATH, FILE)).toBe(false);
      const rest = withoutEntry(put(before), PATH, FILE, true);
      expect(parse(rest.replace('\uFEFF', ''))).toEqual(parse(before.replace('\uFEFF', '')));
      expect(rest).not.toContain('mcpServers');
      expect(rest.startsWith('\uFEFF')).toBe(before.startsWith('\uFEFF'));
    },
  );

  it.each([
    ['{"mcpServers": {"headgate": {}, "other": {}}}', { mcpServers: { other: {} } }, '"other"'],
    ['{"mcpServers": {"headgate": {} /* mine */}}', { mcpServers: {} }, 'mine'],
  ])('leaves the list of %s, which holds something else', (text, left, kept) => {
    const rest = withoutEntry(text, PATH, FILE, true);
    expect(parse(rest)).toEqual(left);
    expect(rest).toContain(kept);
  });
});

describe('isBare', () => {
  it('is true of what remains of a file that held our entry alone', () => {
    expect(isBare(withoutEntry(put(''), PATH, FILE), PATH)).toBe(true);
    expect(isBare(withoutEntry(put('{"a": 1}'), PATH, FILE), PATH)).toBe(false);
  });
});
