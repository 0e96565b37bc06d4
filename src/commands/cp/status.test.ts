import { expect, it } from 'vitest';
import { renderStatus } from './status.ts';
import { oneLine, renderTable, spanOf } from './terminal-text.ts';
import type { WireNodes, WireProxy, WireProxyType } from './wire.ts';

const type = (name: string, rest: Partial<WireProxyType> = {}): WireProxyType => ({
  type: name,
  subscribed: 1,
  current: 3,
  pending: 0,
  held_back: [],
  acks: 1,
  nacks: 0,
  refused: null,
  ...rest,
});

const proxy = (id: string, rest: Partial<WireProxy> = {}): WireProxy => ({
  id,
  group: 'default',
  address: '127.0.0.1:1',
  envoy_version: '1.40.0',
  state: 'current',
  connected_at: '2026-01-01T00:00:00Z',
  convergence_ms: 12.4,
  types: [type('clusters'), type('listeners', { current: 1 })],
  ...rest,
});

const nodes = (items: WireProxy[], rest: Partial<WireNodes> = {}): WireNodes => ({
  items,
  total: items.length,
  next_cursor: null,
  version: 'aaaa',
  last_acknowledged: 'aaaa',
  states: { current: items.length, updating: 0, refusing: 0 },
  convergence_ms: { p50: 12.4, max: 1_234 },
  ...rest,
});

it('shows each proxy with its types and times [up.status]', () => {
  const shown = renderStatus(
    nodes([proxy('edge-1'), proxy('edge-2', { convergence_ms: null, envoy_version: null })]),
    200,
  );
  expect(shown).toBe(
    [
      'Version aaaa; every proxy has it.',
      '2 proxies: 2 current, 0 updating, 0 refusing; convergence 12 ms in the middle, 1.2 s at most.',
      '',
      'PROXY   GROUP    ENVOY   STATE    TOOK   ACKNOWLEDGED',
      'edge-1  default  1.40.0  current  12 ms  clusters 3/3  listeners 1/1',
      'edge-2  default  ?       current  -      clusters 3/3  listeners 1/1',
    ].join('\n'),
  );
});

it('says what was refused and why, and what waits for it [up.status]', () => {
  const refused = {
    type: 'clusters',
    at: '2026-01-01T00:00:01.000Z',
    resource_count: 3,
    resources: ['search'],
    message: 'Error adding/updating cluster(s) search:\n unknown\u001b[31m field',
  };
  const types = [
    type('clusters', { current: 2, pending: 1, refused, nacks: 1 }),
    type('routes', { held_back: ['default'] }),
  ];
  const shown = renderStatus(
    nodes([proxy('edge-1', { state: 'refusing', types })], {
      last_acknowledged: 'bbbb',
      states: { current: 0, updating: 0, refusing: 1 },
    }),
    100,
  );
  const lines = shown.split('\n');
  expect(lines[0]).toBe('Version aaaa; the last that every proxy acknowledged is bbbb.');
  expect(lines).toContain('edge-1 refused clusters at 2026-01-01T00:00:01.000Z: search and 2 more');
  expect(lines).toContain('  Error adding/updating cluster(s) search:  unknown [31m field');
  expect(lines).toContain('edge-1 waits with routes for what they refer to: default');
  expect(shown).toContain('clusters 2/3!');
});

it('says that no proxy is connected [up.status]', () => {
  expect(renderStatus(nodes([], { convergence_ms: null }), 80)).toBe('Version aaaa.\nNo proxy is connected.');
});

it('keeps outside text on its line, within its width, without control characters [up.outside-text]', () => {
  expect(oneLine('a\r\nb\u001b[2Jc\u009bd\u2028e', 80)).toBe('a b [2Jc d e');
  expect(oneLine('abcdef', 4)).toBe('abc…');
  const hostile = proxy(`${'x'.repeat(500)}\u001b]0;title\u0007`);
  const widths = renderStatus(nodes([hostile]), 80)
    .split('\n')
    .map((line) => line.length);
  expect(Math.max(...widths)).toBeLessThanOrEqual(80);
});

it('makes columns as wide as their cells', () => {
  expect(renderTable(['A', 'LONG'], [['aaa', 'b']], 80)).toBe('A    LONG\naaa  b');
  expect([spanOf(null), spanOf(0.4), spanOf(999), spanOf(1_500)]).toEqual(['-', '0 ms', '999 ms', '1.5 s']);
});
