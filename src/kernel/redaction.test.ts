import { describe, expect, it } from 'vitest';
import { REDACTED, redactProperty, redactText } from './redaction.ts';

describe('redacting a property', () => {
  it.each([
    'spark.hadoop.fs.s3a.secret.key',
    'spark.hadoop.fs.s3a.access.key',
    'javax.jdo.option.ConnectionPassword',
    'spark.databricks.token',
    'fs.azure.account.key.store.dfs.core.windows.net',
    'MY_API_KEY',
    'ssl.key.passphrase',
  ])('takes out the value of %s [spark-history.secrets-redacted]', (key) => {
    expect(redactProperty(key, 'hunter2')).toBe(REDACTED);
  });

  it.each([
    ['spark.executor.memory', '4g'],
    ['spark.sql.shuffle.partitions', '200'],
    ['fs.s3a.aws.credentials.provider', 'com.amazonaws.auth.InstanceProfile'],
    ['spark.jars', 's3://bucket/a.jar,s3://bucket/b.jar'],
  ])('leaves %s alone', (key, value) => {
    expect(redactProperty(key, value)).toBe(value);
  });
});

describe('redacting a text', () => {
  it.each([
    ['-Dspark.password=hunter2 -Xmx4g', `-Dspark.password=${REDACTED} -Xmx4g`],
    [
      'jdbc:postgresql://h/db?user=me&password=hunter2&ssl=true',
      `jdbc:postgresql://h/db?user=me&password=${REDACTED}&ssl=true`,
    ],
    ['postgres://me:hunter2@host/db', `postgres://me:${REDACTED}@host/db`],
    ['https://me:hun@ter2@host/db', `https://me:${REDACTED}@host/db`],
    ['{"password": "hunter2", "user": "me"}', `{"password": ${REDACTED}, "user": "me"}`],
    ['app.py --api-key hunter2 --verbose', `app.py --api-key ${REDACTED} --verbose`],
    ['Authorization: Bearer abcdefgh12345678', `Authorization: Bearer ${REDACTED}`],
    ['key AKIAABCDEFGHIJKLMNOP used', `key ${REDACTED} used`],
    [
      'https://s.blob.core.windows.net/c?sv=1&sig=abc%3D&se=2',
      `https://s.blob.core.windows.net/c?sv=1&sig=${REDACTED}&se=2`,
    ],
  ])('masks the secret in %s [spark-history.secrets-redacted]', (text, masked) => {
    expect(redactText(text)).toBe(masked);
  });

  it.each([
    "mismatched input 'token' expecting {'('}",
    'Security token expired',
    'Lost executor 3 on 10.0.0.7: worker lost',
    'hdfs://namenode:8020/data/orders',
  ])('leaves %s alone', (text) => {
    expect(redactText(text)).toBe(text);
  });

  it('changes nothing that it has masked before', () => {
    const once = redactText('--password hunter2 -Dtoken=abc "secret": "x" https://me:pw@host/');
    expect(redactText(once)).toBe(once);
  });

  it('takes time in proportion to the length of the text', () => {
    const long = 'password'.repeat(50_000);
    expect(redactText(long)).toHaveLength(long.length);
  });
});
