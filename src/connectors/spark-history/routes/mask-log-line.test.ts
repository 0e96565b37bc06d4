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

  it('masks secrets inside texts, and lines that are no JSON [history-rest.logs-redacted]', () => {
    const url = 'jdbc:postgresql://app:hunter2@db/orders';
    expect(maskLogLine(JSON.stringify({ Event: 'e', description: `load ${url}` }))).not.toContain('hunter2');
    expect(maskLogLine(`{"cut": "${url}`)).not.toContain('hunter2');
  });
});
