import { describe, expect, it } from 'vitest';
import { parseConfigFile } from './config.ts';

describe('parseConfigFile', () => {
  it('takes an empty file as an empty configuration', () => {
    expect(parseConfigFile(null)).toEqual({ config: {} });
  });

  it('accepts every documented key', () => {
    const document = {
      server: { host: '127.0.0.1', port: 8000 },
      store: { path: 'headgate.db' },
      surface: { toolsets: ['spark-history'], read_only: true },
      spark_history: { sources: { prod: { path: '/logs' } } },
      log_level: 'debug',
    };
    expect(parseConfigFile(document)).toEqual({ config: document });
  });

  it('names the path of an unknown key and the nearest known one [house.config-unknown-key]', () => {
    expect(parseConfigFile({ surface: { readonly: true } })).toEqual({
      problems: [{ path: 'surface.readonly', message: 'unknown key; did you mean "read_only"?' }],
    });
  });

  it('finds the nearest key below a named source [house.config-unknown-key]', () => {
    expect(parseConfigFile({ spark_history: { sources: { prod: { path: '/logs', pth: 'x' } } } })).toEqual({
      problems: [{ path: 'spark_history.sources.prod.pth', message: 'unknown key; did you mean "path"?' }],
    });
  });

  it('lists the known keys when none is near [house.config-unknown-key]', () => {
    expect(parseConfigFile({ surface: { threads: 4 } })).toEqual({
      problems: [{ path: 'surface.threads', message: 'unknown key; known are toolsets, read_only' }],
    });
  });

  it('names the path of a wrong value', () => {
    expect(parseConfigFile({ server: { port: 70_000 } })).toEqual({
      problems: [{ path: 'server.port', message: 'Too big: expected number to be <=65535' }],
    });
  });

  it('refuses a document that is no mapping', () => {
    expect(parseConfigFile('hello')).toEqual({
      problems: [{ path: '(top level)', message: 'Invalid input: expected object, received string' }],
    });
  });

  it('reports every problem at once', () => {
    const checked = parseConfigFile({ log_level: 'loud', srver: {} });
    expect('problems' in checked && checked.problems.map((problem) => problem.path)).toEqual(['log_level', 'srver']);
  });
});
