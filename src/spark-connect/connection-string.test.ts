import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HeadgateError } from '../kernel/errors.ts';
import { parseRemote } from './connection-string.ts';

describe('a connection string', () => {
  it.each([
    ['sc://spark.example', { host: 'spark.example', port: 15_002, tls: false, address: 'sc://spark.example:15002' }],
    ['sc://10.0.0.1:443/;use_ssl=true', { host: '10.0.0.1', port: 443, tls: true }],
    ['sc://[::1]:15002/', { host: '::1', address: 'sc://[::1]:15002' }],
    ['sc://h/;user_id=ann%40x;user_agent=me', { userId: 'ann@x', userAgent: 'me' }],
    ['sc://h/;session_id=00112233-4455-6677-8899-AABBCCDDEEFF', { sessionId: '00112233-4455-6677-8899-aabbccddeeff' }],
    [
      'sc://dbc.cloud.databricks.com:443/;token=dapi1;use_ssl=true;x-databricks-cluster-id=0123-abc',
      { tls: true, token: 'dapi1', headers: { 'x-databricks-cluster-id': '0123-abc' } },
    ],
    ['sc://h/;grpc_keepalive_time_ms=1', { headers: {} }],
  ])('%s is read as PySpark does [spark-connect.address]', (remote, expected) => {
    expect(parseRemote(remote)).toMatchObject(expected);
  });

  it.each([
    'http://h:15002',
    'sc://h:0',
    'sc://h:70000',
    'sc://h/path',
    'sc://h/;novalue',
    'sc://h/;=x',
    'sc://h/;session_id=1',
    'sc://h/;use_ssl=perhaps',
    'sc://h/;a=%zz',
    'sc://h/;bad header=1',
    'sc://h/;x-a=a%0d%0ab',
    'sc://[12]:1',
    'sc://u:secret@h',
  ])('%s is refused without being repeated [spark-connect.address]', (remote) => {
    expect(() => parseRemote(remote)).toThrow(HeadgateError);
    expect(() => parseRemote(remote)).not.toThrow(remote);
  });

  it('is read or refused, whatever it is [spark-connect.address]', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          parseRemote(`sc://${text}`);
        } catch (error) {
          expect(error).toBeInstanceOf(HeadgateError);
        }
      }),
    );
  });

  it('with a token means TLS, but to this machine [spark-connect.token-protected]', () => {
    expect(parseRemote('sc://far', 'secret').tls).toBe(true);
    expect(parseRemote('sc://127.0.0.1', 'secret').tls).toBe(false);
    expect(parseRemote('sc://localhost/;token=secret').tls).toBe(false);
    expect(parseRemote('sc://localhost/;token=secret;use_ssl=true').tls).toBe(true);
    expect(() => parseRemote('sc://far/;use_ssl=false', 'secret')).toThrow(/token is sent over TLS alone/);
    expect(() => parseRemote('sc://127.evil.example/;use_ssl=false', 'secret')).toThrow(HeadgateError);
  });

  it('gives way to a token of its own [spark-connect.address]', () => {
    expect(parseRemote('sc://h/;token=old', 'new').token).toBe('new');
  });
});
