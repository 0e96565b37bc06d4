import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planOf } from '../message-plan.ts';
import { envoyRegistry } from '../registry.ts';
import { numberConstraint } from './number-constraints.ts';
import { bytesConstraint, textConstraint } from './text-constraints.ts';

const number = (rules: Record<string, unknown>, value: number) => numberConstraint(rules, Number)?.(value) ?? null;
const text = (rules: Record<string, unknown>, value: string) => textConstraint(rules)?.(value) ?? null;

describe('numberConstraint', () => {
  it.each([
    [{ gt: 0 }, 0, 'must be greater than 0, and is 0'],
    [{ gte: 1 }, 0, 'must be at least 1, and is 0'],
    [{ lt: 10 }, 10, 'must be less than 10, and is 10'],
    [{ lte: 10 }, 11, 'must be at most 10, and is 11'],
    [{ gte: 200, lt: 600 }, 600, 'must be at least 200 and less than 600, and is 600'],
    [{ gt: 10, lt: 5 }, 7, 'must be greater than 10 or less than 5, and is 7'],
    [{ const: 3 }, 4, 'must be 3'],
    [{ in: [1, 2] }, 3, 'must be one of 1, 2'],
    [{ not_in: [0] }, 0, 'must not be 0, its default when not given'],
  ])('of %j refuses %d [snapshots.constraints]', (rules, value, violation) => {
    expect(number(rules, value)).toBe(violation);
  });

  it('takes exactly what is within the bounds, and outside of them when they are turned round', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer(), fc.integer(), (least, most, value) => {
        const fits = least <= most ? value >= least && value <= most : value >= least || value <= most;
        expect(number({ gte: least, lte: most }, value) === null).toBe(fits);
        const inside = least <= most ? value > least && value < most : value > least || value < most;
        expect(number({ gt: least, lt: most }, value) === null).toBe(inside);
      }),
    );
  });

  it('compares 64 bits exactly', () => {
    const constraint = numberConstraint({ lte: '9007199254740993' }, (json) => BigInt(json as string));
    expect(constraint?.(9007199254740993n)).toBeNull();
    expect(constraint?.(9007199254740994n)).toBe('must be at most 9007199254740993, and is 9007199254740994');
  });
});

describe('textConstraint', () => {
  it.each([
    [{ min_len: '1' }, '', 'must be at least 1 character long'],
    [{ max_len: '1' }, 'ab', 'must be at most 1 character long'],
    [{ len: '2' }, 'a', 'must be 2 characters long'],
    [{ min_bytes: '3' }, 'é', 'must be at least 3 bytes long'],
    [{ max_bytes: '1' }, 'é', 'must be at most 1 byte long'],
    [{ len_bytes: '1' }, 'é', 'must be 1 byte long'],
    [{ const: 'a' }, 'b', 'must be "a"'],
    [{ prefix: '%' }, 'a%', 'must begin with "%"'],
    [{ suffix: '%' }, '%a', 'must end with "%"'],
    [{ contains: 'x' }, 'a', 'must contain "x"'],
    [{ not_contains: 'x' }, 'ax', 'must not contain "x"'],
    [{ pattern: '^[^\\s,]+$' }, 'a b', 'must match ^[^\\s,]+$'],
    [{ in: ['http', 'https'] }, 'ftp', 'must be one of "http", "https"'],
    [{ not_in: ['a'] }, 'a', 'must not be one of "a"'],
    [{ email: true }, 'a@', 'must be an e-mail address'],
    [{ hostname: true }, 'a_b.example', 'must be a host name'],
    [{ ip: true }, '1.2.3', 'must be an IP address'],
    [{ ipv4: true }, '::1', 'must be an IPv4 address'],
    [{ ipv6: true }, '1.2.3.4', 'must be an IPv6 address'],
    [{ uri: true }, '/a', 'must be an absolute URI'],
    [{ uri_ref: true }, 'http://[', 'must be a URI'],
    [{ address: true }, '-', 'must be a host name or an IP address'],
    [{ uuid: true }, 'x', 'must be a UUID'],
    [{ well_known_regex: 'HTTP_HEADER_NAME' }, 'a b', 'must be the name of an HTTP header'],
    [{ well_known_regex: 'HTTP_HEADER_VALUE' }, 'a\u0001', 'must be the value of an HTTP header'],
    [{ well_known_regex: 'HTTP_HEADER_NAME', strict: false }, 'a\n', 'must be the name of an HTTP header'],
  ])('of %j refuses %j, and does not quote it [snapshots.constraints]', (rules, value, violation) => {
    expect(text(rules, value)).toBe(violation);
  });

  it.each([
    [{ max_len: '1' }, '😀'],
    [{ well_known_regex: 'HTTP_HEADER_NAME' }, ':path'],
    [{ well_known_regex: 'HTTP_HEADER_NAME', strict: false }, 'a b'],
    [{ email: true }, 'a@b.example'],
    [{ address: true }, 'a.example'],
    [{ uri_ref: true }, '/a?b'],
    [{ uuid: true }, '01234567-89ab-cdef-0123-456789abcdef'],
  ])('of %j takes %j', (rules, value) => {
    expect(text(rules, value)).toBeNull();
  });
});

describe('bytesConstraint', () => {
  it('counts bytes and reads what it compares with as base64', () => {
    expect(bytesConstraint({ min_len: '1' })?.(new Uint8Array(0))).toBe('must be at least 1 byte long');
    expect(bytesConstraint({ prefix: 'AQ==' })?.(Uint8Array.of(1, 2))).toBeNull();
    expect(bytesConstraint({ prefix: 'AQ==' })?.(Uint8Array.of(2, 1))).toBe('must begin with "\\u0001"');
  });
});

describe('the constraints of the API', () => {
  it('are understood, of every message that there is', () => {
    const messages = [...envoyRegistry()].filter((type) => type.kind === 'message');
    const fields = messages.flatMap((message) => [...new Set(planOf(message).fields.values())]);
    expect(messages.length).toBe(1620);
    expect(fields.filter(({ constraints }) => constraints !== null).length).toBeGreaterThan(1_000);
    expect(fields.filter(({ absence }) => absence !== null).length).toBeGreaterThan(400);
  });
});
