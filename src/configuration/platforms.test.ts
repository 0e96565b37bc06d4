import { describe, expect, it } from 'vitest';
import type { ConfigFile } from '../kernel/config-file.ts';
import { platformsOf } from './platforms.ts';
import { sourcesOf } from './sources.ts';
import type { Environment } from './variables.ts';

const places = { home: '/data', here: '/here', inFile: (path: string) => `/file/${path}` };
const load = (config: ConfigFile, env: Environment = {}) => platformsOf(env, config, places);

describe('the platforms of a configuration', () => {
  it('are DuckDB alone where nothing is configured [platforms.local-default]', () => {
    const { spark, postgres, local } = load({});
    expect([spark, postgres.databases, local?.path]).toEqual([null, [], '/data/local.duckdb']);
  });

  it('leave DuckDB out where Spark or PostgreSQL is configured, unless it is wanted [platforms.local-default]', () => {
    expect(load({ spark: { remote: 'sc://h:15002' } }).local).toBeNull();
    expect(load({}, { DATABASE_URL: 'postgres://h/d' }).local).toBeNull();
    expect(load({ spark: { remote: 'sc://h:15002' }, local: { enabled: true, roots: ['x'] } }).local?.roots).toEqual([
      '/file/x',
    ]);
    expect(load({ local: { enabled: false } }).local).toBeNull();
  });

  it('take the variables of PostgreSQL where the file names no database [platforms.variables]', () => {
    const env = {
      POSTGRES_HOST: 'db',
      POSTGRES_PORT: '6543',
      POSTGRES_DB: 'orders',
      POSTGRES_USER: 'me',
      POSTGRES_PASSWORD: 'secret',
      POSTGRES_POOL_MIN_SIZE: '2',
      POSTGRES_POOL_MAX_SIZE: '7',
    };
    expect(load({}, env).postgres).toMatchObject({
      default: 'default',
      databases: [
        {
          name: 'default',
          url: null,
          host: 'db',
          port: 6543,
          database: 'orders',
          user: 'me',
          password: { env: 'POSTGRES_PASSWORD' },
          poolMin: 2,
          poolMax: 7,
        },
      ],
    });
    expect(load({}, { DATABASE_URL: 'postgresql://h/d' }).postgres.databases[0]?.url).toEqual({ env: 'DATABASE_URL' });
    expect(load({}, { DATABASE_URL: 'mysql://h/d' }).postgres.databases).toEqual([]);
    expect(() => load({}, { POSTGRES_HOST: 'h', POSTGRES_POOL_MAX_SIZE: '0' })).toThrow('POSTGRES_POOL_MAX_SIZE');
  });

  it('take the variables of Spark where the file is silent [platforms.variables]', () => {
    const env = {
      SPARK_REMOTE: 'sc://h:15002',
      SPARK_MASTER: 'spark://m:7077',
      SPARK_APP_NAME: 'etl',
      SPARK_HOME: 'spark',
    };
    expect(load({}, env).spark).toMatchObject({
      remote: { env: 'SPARK_REMOTE' },
      master: 'spark://m:7077',
      appName: 'etl',
      home: '/here/spark',
    });
    expect(load({}, { SPARK_REMOTE: 'local[2]', SPARK_MASTER: 'yarn', SPARK_HOME: '/opt/spark' }).spark).toBeNull();
  });

  it('name one database as the default, and refuse one that there is not [platforms.databases]', () => {
    const databases = { a: { url: 'postgres://h/a' }, b: { host: 'h' } };
    expect(load({ postgres: { databases } }).postgres.default).toBe('a');
    expect(load({ postgres: { databases, default: 'b' } }).postgres.default).toBe('b');
    expect(() => load({ postgres: { databases, default: 'c' } })).toThrow(
      'postgres.default: there is no database "c".',
    );
  });

  it('refuse a database without an address, or with two [platforms.databases]', () => {
    expect(() => load({ postgres: { databases: { a: { user: 'u' } } } })).toThrow('has neither url nor host');
    expect(() => load({ postgres: { databases: { a: { url: 'postgres://h/a', host: 'h' } } } })).toThrow(
      'has url and parts',
    );
  });
});

describe('the event logs of jobs', () => {
  const sources = (jobLogs: string | null, config: ConfigFile = {}) =>
    sourcesOf(null, config, places.inFile, jobLogs).map(({ name, place }) => [name, place.kind]);

  it('are a source of the history besides the others [platforms.job-logs]', () => {
    expect(sources('/logs')).toEqual([
      ['samples', 'folder'],
      ['spark-jobs', 'folder'],
    ]);
    expect(sources('s3a://bucket/logs').at(-1)).toEqual(['spark-jobs', 's3']);
    expect(sources('file:///logs').at(-1)).toEqual(['spark-jobs', 'folder']);
  });

  it('are none where Headgate cannot read them, or reads them already [platforms.job-logs]', () => {
    expect(sources('hdfs://name/logs')).toEqual([['samples', 'folder']]);
    expect(sources(null)).toEqual([['samples', 'folder']]);
    expect(sources('/file/logs', { spark_history: { sources: { prod: { path: 'logs' } } } })).toEqual([
      ['prod', 'folder'],
    ]);
  });
});
