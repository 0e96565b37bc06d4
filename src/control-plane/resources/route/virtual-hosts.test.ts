import { describe, expect, it } from 'vitest';
import { groupByHost } from './virtual-hosts.ts';

const hosted = (name: string, ...domains: string[]) => ({
  domains: domains.length === 0 ? undefined : domains,
  routes: [name],
});

describe('groupByHost', () => {
  it('gives each host the routes of every pattern that fits it, in order [routing.hosts]', () => {
    const groups = groupByHost([
      hosted('api', 'api.example.com'),
      hosted('any'),
      hosted('wild', '*.EXAMPLE.com'),
      hosted('prefix', 'api.*'),
      hosted('other', 'other.org', 'third.org'),
    ]);
    expect(groups).toEqual([
      { domains: ['*'], routes: ['any'] },
      { domains: ['*.example.com'], routes: ['any', 'wild'] },
      { domains: ['api.*'], routes: ['any', 'prefix'] },
      { domains: ['api.example.com'], routes: ['api', 'any', 'wild', 'prefix'] },
      { domains: ['other.org', 'third.org'], routes: ['any', 'other'] },
    ]);
  });

  it('has no host twice', () => {
    const groups = groupByHost([hosted('a', 'x.org', 'X.ORG'), hosted('b', 'x.org')]);
    expect(groups).toEqual([{ domains: ['x.org'], routes: ['a', 'b'] }]);
  });
});
