import { describe, expect, it } from 'vitest';
import { ioError } from './io-error.ts';

describe('ioError', () => {
  it.each([
    ['ENOENT', 'not_found'],
    ['ENOTDIR', 'not_found'],
    ['EACCES', 'permission_denied'],
    ['EPERM', 'permission_denied'],
    ['EIO', 'unavailable'],
    ['EMFILE', 'unavailable'],
    ['ESTALE', 'unavailable'],
  ])('tells %s as %s, and names the file [eventlog-open.path-errors]', (code, expected) => {
    const error = ioError('/logs/app', Object.assign(new Error('failed'), { code }));
    expect(error.code).toBe(expected);
    expect(error.message).toContain('/logs/app');
    expect(error.hint).toBeDefined();
  });
});
