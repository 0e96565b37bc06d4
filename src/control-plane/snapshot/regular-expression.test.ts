import { describe, expect, it } from 'vitest';
import { regularExpressionViolation, substitutionViolation } from './regular-expression.ts';

describe('regularExpressionViolation', () => {
  it.each([
    '/mcp/.*',
    '/api/v[0-9]+/users/[^/]+/items',
    '(a+)+$',
    '(?i)hello',
    '(?P<name>x)',
    '[[:alpha:]]+',
    '\\Qa.b\\E',
    'a{96}',
    '/(?:alpha|beta|gamma|delta|epsilon|zeta|eta|theta|iota|kappa|lambda|mu|nu|xi|omicron|pi|rho|sigma|tau)',
  ])('has nothing against %s, which takes RE2 linear time [snapshots.regular-expressions]', (expression) => {
    expect(regularExpressionViolation(expression)).toBeNull();
  });

  it.each([
    ['/(?=a)', 'is not one that RE2 takes: invalid or unsupported Perl syntax: `(?=`'],
    ['(a)\\1', 'is not one that RE2 takes: invalid escape sequence: `\\1`'],
    ['(a', 'is not one that RE2 takes: missing closing ): `(a`'],
    ['*a', 'is not one that RE2 takes: missing argument to repetition operator: `*`'],
    ['a{97}', 'has a program size of about 101 in RE2; Envoy refuses more than 100'],
    ['a{100}', 'has a program size of about 104 in RE2; Envoy refuses more than 100'],
    ['((a{100}){100}){100}', 'is not one that RE2 takes: invalid repeat count: `{100}`'],
    ['x'.repeat(5_000), 'is 5000 characters long; at most 4096 are taken'],
  ])('says what Envoy has against %s [snapshots.regular-expressions]', (expression, violation) => {
    expect(regularExpressionViolation(expression)).toBe(violation);
    expect(regularExpressionViolation(expression)).toBe(violation);
  });
});

it.each([
  ['(a)(b)', '/\\2/\\1\\0', null],
  ['a', 'plain \\\\ text', null],
  ['a', '\\1', 'has \\1, and the pattern has 0 groups'],
  ['(a)', '\\9', 'has \\9, and the pattern has 1 groups'],
  ['(a)', '\\x', 'must have \\1 for a group, or \\\\ for the sign itself'],
  ['(a)', 'end\\', 'must have \\1 for a group, or \\\\ for the sign itself'],
  ['(a', '\\1', null],
])('of %j, %j is told to be %j [routing.rewrites]', (pattern, substitution, violation) => {
  expect(substitutionViolation(pattern, substitution)).toBe(violation);
});
