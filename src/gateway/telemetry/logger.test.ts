import { describe, expect, it } from 'vitest';
import { describeError, redact } from './logger.ts';

describe('redact', () => {
  it.each([
    ['connect to postgres://app:hunter2@db:5432/x failed', 'connect to postgres://[redacted]@db:5432/x failed'],
    ['Authorization: Bearer abc.def.ghi refused', 'Authorization: [redacted] refused'],
    ['?access_key=AKIA123&x=1', '?access_key=[redacted]&x=1'],
    ['{"password":"p w"}', '{"password":"[redacted] w"}'],
    ['DATABRICKS_TOKEN=dapi123, host=x', 'DATABRICKS_TOKEN=[redacted], host=x'],
    ['stage 12.0 took 42 s', 'stage 12.0 took 42 s'],
  ])('writes %j as %j [gateway.no-secrets-in-logs]', (text, written) => {
    expect(redact(text)).toBe(written);
  });
});

describe('describeError', () => {
  it('leaves out what clients hang on their errors [gateway.no-secrets-in-logs]', () => {
    const error = Object.assign(new Error('refused'), { config: { headers: { Authorization: 'Bearer x' } } });
    expect(Object.keys(describeError(error))).toEqual(['name', 'message', 'stack']);
  });

  it('describes what is no error [gateway.no-secrets-in-logs]', () => {
    expect(describeError('token=abc')).toEqual({ name: 'string', message: 'token=[redacted]' });
  });
});
