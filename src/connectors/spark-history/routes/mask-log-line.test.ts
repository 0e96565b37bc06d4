import { describe, expect, it } from 'vitest';
import { maskLogLine } from './mask-log-line.ts';

const event = (properties: unknown) =>
  JSON.stringify({ Event: 'SparkListenerEnvironmentUpdate', 'Spark Properties': properties });

describe('maskLogLine', () => {
  it('hands back a line without secrets as it is, spaces included [history-rest.logs]', () => {
    const line = '{ "Event" : "SparkListenerLogStart",  "Spark Version":"4.3.0", "n":1.50 }';
    expect(maskLogLine(line)).toBe(line);
  });

  it('masks by the names of properties, in objects and in pairs [history-rest.logs-redacted]', () => {
    const masked = event({ 'spark.app.name': 'a', 'spark.hadoop.fs.s3a.secret.key': '*********(redacted)' });
    expect(maskLogLine(event({ 'spark.app.name': 'a', 'spark.hadoop.fs.s3a.secret.key': 'hunter2' }))).toBe(masked);
    expect(
      maskLogLine(
        event([
          ['db.password', 'hunter2'],
          ['a', 'b'],
        ]),
      ),
    ).toBe(
      event([
        ['db.password', '*********(redacted)'],
        ['a', 'b'],
      ]),
    );
  });

  it('leaves every number of a line with a secret as it is written, and what Spark masked before [privacy.logs-masked-alike]', () => {
    const rest = '"n":9007199254740993,"m":1.50,"list":[1e400,{"deep":-0.0}],"spark.token":"*********(redacted)"';
    expect(maskLogLine(`{"Properties":{"spark.my.password":"hunter2"},${rest}}`)).toBe(
      `{"Properties":{"spark.my.password":"*********(redacted)"},${rest}}`,
    );
  });

  it('masks in properties that are nested, and in a property that holds JSON [privacy.logs-masked-alike]', () => {
    const inner = JSON.stringify({ user: 'etl', password: 'hunter2', deep: { 'fs.s3a.secret.key': 'hunter2' } });
    const nested = { Event: 'SparkListenerJobStart', 'Stage Infos': [{ Properties: { 'a.b.token': 'hunter2' } }] };
    for (const line of [{ Properties: { settings: inner } }, nested, { Properties: [['settings', inner]] }])
      expect(maskLogLine(JSON.stringify(line))).not.toContain('hunter2');
  });

  it('masks secrets inside texts, and lines that are no JSON [history-rest.logs-redacted]', () => {
    const url = 'jdbc:postgresql://app:hunter2@db/orders';
    expect(maskLogLine(JSON.stringify({ Event: 'e', description: `load ${url}` }))).not.toContain('hunter2');
    expect(maskLogLine(`{"cut": "${url}`)).not.toContain('hunter2');
  });

  it('masks secrets in a line that is nested too deeply to be walked [fuzz.logs]', () => {
    const deep = `${'['.repeat(50_000)}"jdbc:postgresql://app:hunter2@db/orders"${']'.repeat(50_000)}`;
    expect(maskLogLine(`{"Event":"e","a":${deep}}`)).not.toContain('hunter2');
  });
});
