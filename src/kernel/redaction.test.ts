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
    '-Dmy.credential=x -Xmx4g',
    'jdbc:oracle:thin:scott/PW@h:1521/x',
    'postgres://u:a/b@h/db',
    'jdbc:sqlserver://h;user=u;password={a;b};encrypt=true',
    'passcode=PW',
    'x Signature=PW y',
    'sig=PW%3D&se=2',
    'https://b?sv=1&sig=PW',
    'password: PW',
    'curl -u u:PW https://x',
    'curl -uu:PW https://x',
    'mysql -u root -pPW db',
    'app --db-pass PW --verbose',
    'Basic UFc6UFc=',
    'Bearer abcdef123456PW',
    `sk_${'live'}_abcdefPW123`,
    `AIza${'SyA123PW'}67890abcdefghijklmnopqrstuv`,
    `glpat-${'abcdefPW'}ij1234567890`,
    `hf_${'abcdefPW'}ijABCDEFGHIJ1234`,
    `xoxb-${'1234567'}89-PW`,
    `https://hooks.slack.com/${'services'}/T0/B0/PW`,
    '-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256\nPW\n-----END RSA PRIVATE KEY----- after',
    "OPTIONS (url 'x', password 'PW', dbtable 't')",
    '.option("password", "PW").load()',
    '["--password", "PW"]',
    '{\\"password\\": \\"PW x\\"}',
    'api key: PW',
    'Authorization: Token PW',
    "CREATE USER u IDENTIFIED BY 'PW'",
    `eyJ${'hbGciOiJI'}UzI1NiJ9.eyJzdWIiOiIxIn0.PW`,
    'PGPASSWORD=PW psql',
    "password='P W' x",
    'redis-cli -h h -a PW',
    '-Dpassword=a,PW;x b',
    'sqlplus scott/PW@h',
    '"credentials": {"a": "PW"}',
    'password%3DPW',
    '<user>u</user><password>PW</password>',
    'x-amz-security-token: PW',
    'AccountKey=PW==;EndpointSuffix=core',
    'redis://:PW@h',
    'https://me:hun@PW@host/db',
    'set spark.my.pwd=PW',
    'password := PW',
    'password="PW',
  ])('leaves nothing of the secret in %s [spark-history.secrets-redacted]', (text) => {
    const masked = redactText(text);
    expect(masked).toContain(REDACTED);
    expect(masked).not.toMatch(/PW|UFc/);
    expect(redactText(masked)).toBe(masked);
  });

  it.each([
    "mismatched input 'token' expecting {'('}",
    'Security token expired',
    'Unexpected token: foo',
    "Unexpected token 'foo'",
    'hdfs://namenode:8020/data/user@x',
    'struct<id:int,password:string,token:bigint>',
    'No AWS Credentials provided by SimpleAWSCredentialsProvider : com.x',
    'SecretManager: Changing view acls',
    'Basic statistics of data',
    'bearer authentication',
    'Unable to load credentials: java.lang.X',
    'first pass done: 3',
    'org.apache.spark.sql.catalyst.parser',
    'Execute -u: bad',
    'http://host:4040/jobs/@x',
    'key=5',
    'hadoop.security.authorization=true',
    'partition_key = 12',
    'user@host:/path',
    'bypass=true',
    '-Xss4m -XX:+UseG1GC',
    'a/b@c',
    'spark.sql.shuffle.partitions=200',
    'https://host/path?x=1',
    'docker run -p 80:80 x',
    'Lost executor 3 on 10.0.0.7: worker lost',
  ])('leaves %s alone', (text) => {
    expect(redactText(text)).toBe(text);
  });

  it.each([
    ["CREATE USER bob PASSWORD 'hunter2x'", 'CREATE USER bob PASSWORD *********(redacted)'],
    ['ALTER USER bob WITH PASSWORD hunter2x;', 'ALTER USER bob WITH PASSWORD *********(redacted);'],
    ['CREATE USER bob IDENTIFIED BY hunter2x', 'CREATE USER bob IDENTIFIED BY *********(redacted)'],
    ["CREATE LOGIN bob WITH PASSWORD = 'hunter2x'", 'CREATE LOGIN bob WITH PASSWORD = *********(redacted)'],
    ["SET PASSWORD FOR bob = PASSWORD('hunter2x')", 'SET PASSWORD FOR bob = PASSWORD(*********(redacted))'],
    ["OPTIONS (password 'hunter2x', url 'u')", "OPTIONS (password *********(redacted), url 'u')"],
    ["OPTIONS ('password' 'hunter2x')", "OPTIONS ('password' *********(redacted))"],
    [
      "TBLPROPERTIES ('a' 'b', 'fs.secret.key' 'hunter2x')",
      "TBLPROPERTIES ('a' 'b', 'fs.secret.key' *********(redacted))",
    ],
    ['CREATE TABLE users (password STRING)', 'CREATE TABLE users (password STRING)'],
    ['ALTER USER bob PASSWORD EXPIRE', 'ALTER USER bob PASSWORD EXPIRE'],
    ["SELECT password FROM t WHERE token LIKE 'abc'", "SELECT password FROM t WHERE token LIKE 'abc'"],
  ])('masks the secrets of statements: %j [privacy.sql-secrets]', (text, masked) => {
    expect(redactText(text)).toBe(masked);
    expect(redactText(masked)).toBe(masked);
  });

  it('leaves what stands around a secret', () => {
    expect(redactText('-Dmy.credential=x -Xmx4g')).toBe(`-Dmy.credential=${REDACTED} -Xmx4g`);
    expect(redactText('jdbc:oracle:thin:scott/tiger@h:1521/x')).toBe(`jdbc:oracle:thin:scott/${REDACTED}@h:1521/x`);
    expect(redactText('postgres://u:a/b@h/db')).toBe(`postgres://u:${REDACTED}@h/db`);
    expect(redactText('user=u;password={a;b};encrypt=true')).toBe(`user=u;password=${REDACTED};encrypt=true`);
    expect(redactText('mysql -u root -pPW db')).toBe(`mysql -u root -p${REDACTED} db`);
  });

  it('changes nothing that it has masked before', () => {
    const once = redactText('--password hunter2 -Dtoken=abc "secret": "x" https://me:pw@host/');
    expect(redactText(once)).toBe(once);
  });

  it('leaves a megabyte of name characters as it is', () => {
    const long = 'password'.repeat(125_000);
    expect(redactText(long)).toHaveLength(long.length);
  });

  it.each([
    'password',
    'password=',
    'password="',
    'password="\\',
    '-eyJ',
    'eyJaaaaaaaaaa.',
    '://a:',
    '://a:b/',
    'mysql ',
    'curl ',
    'curl -u',
    'bearer ',
    'a ',
    'A',
    'aA',
    '"\'',
    '-',
    'SG.',
    '-SG.aaaaaaaaaaaaaaaaaa',
    '-----BEGIN PRIVATE KEY-----',
    '-----BEGIN ',
    'api key ',
    'api ',
    'sqlplus ',
    'sqlplus -a ',
    'jdbc:oracle:thin:a/',
    '\\"',
    'password:{',
    'authorization: ',
    '-u ',
    '--user ',
    'docker login ',
    'docker ',
    'pass word ',
    ' ',
    '\n',
    'password=\\"',
    'identified by "',
    'hooks.slack.com/services/',
    'xox',
    '1',
    'password token=(',
    'token: {',
    "token '",
    '("token","',
    'x"password","',
    'token: "',
    'password: {}}',
    'aa.',
    'a$.-',
    '://a:1/',
    '?sig=',
    'PASS ',
  ])('comes to an end on a megabyte of %j', (unit) => {
    const text = unit.repeat(Math.ceil(1e6 / unit.length));
    expect(typeof redactText(text)).toBe('string');
  });
});
