import { describe, expect, it } from 'vitest';
import type { ProxyNode } from '../proxy.ts';
import { envoyVersionOf, groupNames, groupOf, hasEnvoy, isForGroup } from './proxy-group.ts';
import { readState } from './read-state.ts';

const node = (said: Partial<ProxyNode>): ProxyNode => ({
  id: 'n',
  cluster: '',
  region: '',
  zone: '',
  subZone: '',
  version: null,
  agent: 'envoy',
  metadata: {},
  ...said,
});

const state = readState(
  `groups:
  exact: { match: [{ id: edge-eu-1 }] }
  long: { match: [{ id_prefix: edge-eu- }] }
  short: { match: [{ id_prefix: edge- }] }
  gold: { match: [{ metadata: { tier: gold, level: 2 } }], envoy_version: "1.40" }
  both: { match: [{ metadata: { tier: gold, level: 2 }, zone: b }] }
  place: { match: [{ region: r, zone: z, sub_zone: s }, { cluster: here }] }
  new: { match: [{ min_version: "1.36" }] }
  old: { match: [{ below_version: "1.36.2" }] }
`,
  'groups.yaml',
);

describe('groupOf', () => {
  it.each<[string, Partial<ProxyNode>]>([
    ['exact', { id: 'edge-eu-1' }],
    ['long', { id: 'edge-eu-2', cluster: 'here' }],
    ['short', { id: 'edge-us-1' }],
    ['gold', { metadata: { tier: 'gold', level: 2 } }],
    ['default', { metadata: { tier: 'gold', level: '2' } }],
    ['both', { metadata: { tier: 'gold', level: 2 }, zone: 'b' }],
    ['place', { region: 'r', zone: 'z', subZone: 's' }],
    ['default', { region: 'r', zone: 'z' }],
    ['place', { cluster: 'here' }],
    ['new', { version: '1.36.10' }],
    ['new', { version: '1.100.0' }],
    ['old', { version: '1.28.0-dev' }],
    ['default', { version: null }],
    ['default', { version: 'nightly' }],
  ])('finds %s for %j [upstreams.groups]', (group, said) => {
    expect(groupOf(state, node(said))).toBe(group);
  });

  it('does not depend on the order in which groups were given [upstreams.groups]', () => {
    const one = readState('groups:\n  b: { match: [{ zone: z }] }\n  a: { match: [{ region: r }] }\n', 'one.yaml');
    const other = readState('groups:\n  a: { match: [{ region: r }] }\n  b: { match: [{ zone: z }] }\n', 'other.yaml');
    const proxy = node({ region: 'r', zone: 'z' });
    expect([groupOf(one, proxy), groupOf(other, proxy)]).toEqual(['a', 'a']);
  });
});

describe('groups', () => {
  it('have names, and the oldest Envoy that they say or 1.28 [upstreams.groups] [upstreams.envoy-version]', () => {
    expect(groupNames(state)).toEqual(['both', 'default', 'exact', 'gold', 'long', 'new', 'old', 'place', 'short']);
    expect(envoyVersionOf(state, 'gold')).toEqual({ major: 1, minor: 40 });
    expect(envoyVersionOf(state, 'default')).toEqual({ major: 1, minor: 28 });
    expect([hasEnvoy({ major: 1, minor: 36 }, 36), hasEnvoy({ major: 1, minor: 35 }, 36)]).toEqual([true, false]);
  });

  it('get the objects that name them, or none [upstreams.group-objects]', () => {
    expect([isForGroup({}, 'a'), isForGroup({ groups: ['a'] }, 'a'), isForGroup({ groups: ['b'] }, 'a')]).toEqual([
      true,
      true,
      false,
    ]);
  });
});
