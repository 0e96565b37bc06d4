import { describe, expect, it } from 'vitest';
import { endsWithSecret, isSecretKey } from './secret-names.ts';

describe('a key', () => {
  it.each([
    'my.pwd',
    'db.pass',
    'PGPASS',
    'PGPASSWORD',
    'user.passwd',
    'ssl.keyPassphrase',
    'spark.hadoop.fs.s3a.encryption.key',
    'spark.databricks.auth.key',
    'my.credentials',
    'my.credential',
    'apikey',
    'private.key',
    'fs.azure.sas.container.account.blob.core.windows.net',
    'fs.azure.account.key.x.dfs.core.windows.net',
    'sessionkey',
    'session.key',
    'my.sessionKey',
    'spark.executorEnv.DB_PWD',
    'connectionPwd',
    'es.net.http.auth.pass',
    'MYSQL_PWD',
    'fs.azure.sas.fixed.token',
    'GOOGLE_APPLICATION_CREDENTIALS',
    'shared.key',
    'dbpass1',
    'smtp.passcode',
    'access-key',
    'awsSecretKey',
    'secretkey',
    'fs.s3a.server-side-encryption.key',
    'private_key',
    'privateKey',
    'sshPrivateKey',
    'storageAccountKey',
    'parquet.encryption.key.list',
    'accountKey',
  ])('holds a secret: %s [spark-history.secrets-redacted]', (key) => {
    expect(isSecretKey(key)).toBe(true);
  });

  it.each([
    'spark.sql.shuffle.partitions',
    'spark.yarn.keytab',
    'spark.kerberos.keytab',
    'spark.kerberos.principal',
    'spark.serializer',
    'spark.kerberos.renewal.credentials',
    'spark.security.credentials.hive.enabled',
    'spark.security.credentials.renewalRatio',
    'spark.security.credentials.retryWait',
    'fs.s3a.aws.credentials.provider',
    'hadoop.security.credential.provider.path',
    'hadoop.security.credential.clear-text-fallback',
    'spark.io.encryption.enabled',
    'spark.io.encryption.keySizeBits',
    'spark.io.encryption.keygen.algorithm',
    'spark.network.crypto.keyLength',
    'spark.network.crypto.keyFactoryAlgorithm',
    'spark.ssl.keyStore',
    'spark.ssl.keyStoreType',
    'spark.shuffle.sort.bypassMergeThreshold',
    'spark.sql.keyspace',
    'hoodie.datasource.write.recordkey.field',
    'hoodie.datasource.write.partitionpath.field',
    'spark.sql.primary.key',
    'spark.shuffle.compress',
    'spark.hadoop.hive.compass',
    'spark.sql.analyzer.singlePass',
    'spark.sql.analyzer.singlePassResolver.enabled',
    'spark.sql.mapKeyDedupPolicy',
    'spark.sql.cassandra.partition.key',
    'spark.sql.sources.bucketing.enabled',
    'java.home',
    'spark.kubernetes.authenticate.driver.clientKeyFile',
    'user.dir',
    'spark.hadoop.hadoop.security.key.provider.path',
    'dfs.encryption.key.provider.uri',
    'sun.arch.data.model',
    'spark.app.name',
    'mapreduce.job.keys',
    'spark.sql.hive.metastore.sharedPrefixes',
    'spark.executor.memory',
    'dfs.namenode.keytab.file',
    'sort.key',
    'spark.sql.statistics.histogram',
    'public.key',
    'fs.azure.account.keyprovider.x',
    'spark.sql.autoBroadcastJoinThreshold',
    'sasl.mechanism',
    'spark.authenticate.enableSaslEncryption',
    'spark.network.sasl.serverAlwaysEncrypt',
    'io.seqfile.compress.blocksize',
  ])('holds no secret: %s', (key) => {
    expect(isSecretKey(key)).toBe(false);
  });
});

describe('a name before a value', () => {
  it.each(['--db-pass', '-password', 'api key', 'x-auth-token', 'accessKey'])('ends with a secret: %s', (name) => {
    expect(endsWithSecret(name)).toBe(true);
  });

  it.each(['SecretManager', '--tokenizer', 'passed', 'key', 'first-pass'])('does not end with one: %s', (name) => {
    expect(endsWithSecret(name)).toBe(false);
  });
});
