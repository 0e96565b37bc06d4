import { describe, expect, it } from 'vitest';
import { formatViolation } from './format-text.ts';
import { checkObject } from './kinds.ts';

describe('text in Envoy’s format', () => {
  it.each([
    '',
    'plain',
    '%%',
    '100%%',
    '%START_TIME%',
    '%START_TIME(%s.%3f)%',
    'a%DOWNSTREAM_REMOTE_ADDRESS%b%PROTOCOL%',
    '%REQ(X-USER?:PATH):20%',
    '%DYNAMIC_METADATA(envoy.filters.http.mcp:params:name)%',
    '%COALESCE({"operators":[{"command":"REQ","param":"A"}]})%',
  ])('%j is taken [routing.header-format]', (text) => {
    expect(formatViolation(text)).toBeNull();
  });

  it.each([
    ['100%', 'a percent sign'],
    ['%', 'a percent sign'],
    ['%REQ(X-USER)', 'a percent sign'],
    ['%req(x)%', 'a percent sign'],
    ['%REQ(x):a%', 'a percent sign'],
    ['%START_TIME% 5%', 'a percent sign'],
    ['%NOPE%', 'has the command %NOPE%, which Envoy does not know'],
    ['%START_TIM%', 'did you mean %START_TIME%?'],
  ])('%j is refused, as Envoy refuses it [routing.header-format]', (text, said) => {
    expect(formatViolation(text)).toContain(said);
  });

  it('is looked at in headers of routes and in fields of access logs [routing.header-format]', () => {
    const paths = (kind: 'routes' | 'listeners', spec: unknown) =>
      checkObject(kind, 'x', spec).problems.map(({ path }) => path);
    expect(paths('routes', { cluster: 'a', request_headers: { set: { 'x-a': '5%' } } })).toEqual([
      'routes/x.request_headers.set.x-a',
    ]);
    expect(paths('listeners', { access_log: { fields: { a: '%NOPE(%' } } })).toEqual([
      'listeners/x.access_log.fields.a',
    ]);
  });

  it('takes time in proportion to the text', () => {
    expect(formatViolation(`%REQ(${')'.repeat(100_000)}`)).toContain('a percent sign');
    expect(formatViolation('%REQ(x)%'.repeat(100_000))).toBeNull();
  });
});
