import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HeadgateError } from '../../kernel/errors.ts';
import type { Problem } from '../problem.ts';
import { parseDesiredState } from './parse-file.ts';

function errorOf(yaml: string): HeadgateError {
  try {
    parseDesiredState(yaml, 'cp.yaml');
  } catch (error) {
    if (error instanceof HeadgateError) return error;
    throw error;
  }
  throw new Error('It was accepted.');
}

const problemsOf = (yaml: string) =>
  ((errorOf(yaml).details?.problems ?? []) as Problem[]).map(({ path, message }) => `${path}: ${message}`);

describe('parseDesiredState', () => {
  it('reads the shortest file that is of use [upstreams.few-lines]', () => {
    const yaml =
      'clusters:\n  headgate: { endpoints: [127.0.0.1:8000, 127.0.0.1:8001] }\nroutes:\n  headgate: { cluster: headgate }\n';
    expect(parseDesiredState(yaml, 'cp.yaml').objects).toEqual([
      { kind: 'clusters', name: 'headgate', spec: { endpoints: ['127.0.0.1:8000', '127.0.0.1:8001'] } },
      { kind: 'routes', name: 'headgate', spec: { cluster: 'headgate' } },
    ]);
  });

  it('reads JSON, anchors and merges, and nothing from an empty file [upstreams.few-lines]', () => {
    expect(parseDesiredState('', 'cp.yaml').objects).toEqual([]);
    expect(parseDesiredState('clusters:\n', 'cp.yaml').objects).toEqual([]);
    expect(parseDesiredState('{"clusters": {"a": {"endpoints": ["b:1"]}}}', 'cp.json').objects).toHaveLength(1);
    const yaml = 'clusters:\n  a: &a { connect_timeout_s: 3, endpoints: [a:1] }\n  b: { <<: *a, endpoints: [b:1] }\n';
    expect(parseDesiredState(yaml, 'cp.yaml').objects[1]?.spec).toEqual({ connect_timeout_s: 3, endpoints: ['b:1'] });
  });

  it('tells all problems at once, each with its line and column [upstreams.all-problems] [upstreams.unknown-fields]', () => {
    const yaml = `clusters:
  a:
    endpoints:
      - a:1
      - address: b
        port: 0
    conect_timeout_s: 3
cluster:
  b: {}
routes: []
endpoints:
  "bad name": { endpoints: [c:1] }
`;
    expect(problemsOf(yaml)).toEqual([
      'cluster: unknown kind; did you mean "clusters"? (cp.yaml:8:1)',
      'routes: must be a map of names (cp.yaml:10:1)',
      'clusters/a.endpoints[1].port: must be a port from 1 to 65535 (cp.yaml:6:9)',
      'clusters/a.conect_timeout_s: unknown field; did you mean "connect_timeout_s"? (cp.yaml:7:5)',
      'endpoints/bad name: a name must be 1 to 200 letters, digits, "_", ".", ":" or "-", and begin with a letter or digit (cp.yaml:12:3)',
    ]);
  });

  it('names the line of what is no YAML, of duplicates, tags, aliases of nothing and second documents [upstreams.grammar]', () => {
    expect(problemsOf('clusters:\n  a: {}\n  a: {}\n')).toEqual(['cp.yaml:3:3: Map keys must be unique.']);
    expect(problemsOf('clusters:\n  a: [1, 2\n')[0]).toMatch(/^cp\.yaml:3:1: Flow sequence/);
    expect(problemsOf('clusters:\n  a: !!js/function x\n')[0]).toMatch(/^cp\.yaml:2:6: Unresolved tag/);
    expect(problemsOf('clusters: {}\n---\nroutes: {}\n')[0]).toMatch(
      /^cp\.yaml:2:1: Source contains multiple documents/,
    );
    expect(problemsOf('- a\n')).toEqual([expect.stringMatching(/^\(top level\): must be a map of groups, tenants/)]);
    expect(errorOf('clusters: *nothing\n').message).toContain('cp.yaml');
  });

  it('refuses a file of 50 MB, a bomb of aliases and endless nesting [upstreams.hostile-files]', () => {
    const large = errorOf(`# ${'x'.repeat(50_000_000)}`);
    expect([large.code, large.message]).toEqual([
      'resource_exhausted',
      'cp.yaml has 50000002 bytes; 16777216 are read at most.',
    ]);
    const levels = Array.from({ length: 9 }, (_, level) => {
      const inner = level === 0 ? 'lol' : `*a${level - 1}`;
      return `a${level}: &a${level} [${Array.from({ length: 9 }, () => inner).join(', ')}]`;
    });
    expect(errorOf(levels.join('\n')).message).toMatch(/^cp\.yaml uses its anchors too often/);
    const deep = errorOf(`clusters: ${'['.repeat(200_000)}`);
    expect(deep.code).toBe('invalid_argument');
  });

  it('does not let names reach the prototype [upstreams.hostile-files]', () => {
    expect(problemsOf('__proto__: { polluted: true }\n')[0]).toMatch(/^__proto__: unknown kind/);
    expect(problemsOf('clusters:\n  __proto__: { endpoints: [a:1] }\n')[0]).toContain('a name must be');
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  it('ends in objects or an error of ours, whatever it is given [upstreams.parse-total]', () => {
    const lines = fc.constantFrom(
      'clusters:',
      '  a: {',
      '  - b',
      '    endpoints: [a:1]',
      '}',
      '&x',
      '*x',
      '? ',
      '"',
      '\t',
      '<<: 1',
      '---',
      '!!a',
      '[]',
      'routes: {a: 1}',
    );
    const text = fc.oneof(
      fc.array(lines, { maxLength: 8 }).map((parts) => parts.join('\n')),
      fc.string({ maxLength: 60 }),
    );
    fc.assert(
      fc.property(text, (yaml) => {
        try {
          parseDesiredState(yaml, 'cp.yaml');
        } catch (error) {
          expect(error).toBeInstanceOf(HeadgateError);
        }
      }),
      { numRuns: 200 },
    );
  });
});
