import { describe, expect, it } from 'vitest';
import { HeadgateError } from '../../../kernel/errors.ts';
import { checkConf } from './conf-policy.ts';

const inRoots = async (path: string) => {
  if (path.startsWith('/roots/')) return path;
  throw new HeadgateError('permission_denied', 'outside');
};
const codeOf = (conf: Record<string, string>) =>
  checkConf(conf, inRoots).then(
    () => 'accepted',
    (error: HeadgateError) => error.code,
  );

describe('properties of a caller', () => {
  it('are those of the work that is done [spark.conf-policy]', async () => {
    const conf = {
      'spark.executor.memory': '2g',
      'spark.sql.shuffle.partitions': 8,
      'spark.dynamicAllocation.enabled': true,
      'spark.hadoop.mapreduce.fileoutputcommitter.algorithm.version': 2,
    };
    expect(await checkConf(conf, inRoots)).toEqual(
      Object.fromEntries(Object.entries(conf).map(([name, value]) => [name, String(value)])),
    );
  });

  it.each([
    'spark.driver.extraJavaOptions',
    'spark.executor.defaultJavaOptions',
    'spark.driver.extraClassPath',
    'spark.jars.packages',
    'spark.jars.repositories',
    'spark.plugins',
    'spark.extraListeners',
    'spark.sql.extensions',
    'spark.sql.catalog.mine.url',
    'spark.executorEnv.LD_PRELOAD',
    'spark.pyspark.python',
    'spark.hadoop.fs.s3a.access.key',
    'spark.hadoop.fs.s3a.endpoint',
    'spark.my.password',
    'spark.acls.enable',
    'spark.ssl.enabled',
    'spark.master',
    'spark.remote',
    'spark.eventLog.dir',
    'spark.headgate.job',
    'spark.driver.resource.gpu.discoveryScript',
    'spark.redaction.regex',
  ])('are refused when they could break out: %s [spark.conf-policy]', async (name) => {
    await expect(checkConf({ [name]: 'x' }, inRoots)).rejects.toMatchObject({
      code: 'permission_denied',
      details: { property: name },
    });
  });

  it('name files under the configured folders only [spark.roots]', async () => {
    expect(await codeOf({ 'spark.jars': '/roots/a.jar, /roots/b.jar' })).toBe('accepted');
    expect(await codeOf({ 'spark.submit.pyFiles': '/roots/a.py,/etc/b.py' })).toBe('permission_denied');
    expect(await codeOf({ 'spark.files': 'http://somewhere/a' })).toBe('permission_denied');
  });

  it('are properties of Spark, of a bounded length [spark.conf-policy]', async () => {
    expect(await codeOf({ 'not.spark': '1' })).toBe('invalid_argument');
    expect(await codeOf({ 'spark.a\nspark.plugins': '1' })).toBe('invalid_argument');
    expect(await codeOf({ 'spark.a': 'x'.repeat(10_001) })).toBe('invalid_argument');
  });
});
