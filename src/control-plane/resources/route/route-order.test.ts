import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type DesiredState, desiredObject, EMPTY_STATE, withObjects } from '../../desired-state/desired-state.ts';
import { stateOf } from '../fixtures/routing-state.ts';
import { compareRoutes } from './route-order.ts';
import { routesOfListener } from './routes-of-listener.ts';

const route = (name: string, match: Record<string, unknown> = {}, rest: Record<string, unknown> = {}) =>
  desiredObject('routes', name, { cluster: 'a', match, ...rest });

function withRoute(state: DesiredState, { name, match, listener }: { name: string; match: object; listener: string }) {
  const spec = { cluster: 'c', match, ...(listener === '' ? {} : { listener }) };
  return withObjects(state, [desiredObject('routes', name, spec)], []);
}

describe('compareRoutes', () => {
  it('asks order, exact paths, longer prefixes, regular expressions, more conditions and names, in turn [routing.order]', () => {
    const sorted = [
      route('late-first', { regex: '/z' }, { order: -1 }),
      route('exact', { path: '/a' }),
      route('long', { prefix: '/a/b/c' }),
      route('short-with-conditions', { prefix: '/a', headers: { x: '1' }, tools: 'q' }),
      route('short-with-one', { prefix: '/a', methods: 'POST' }),
      route('short-a', { prefix: '/a' }),
      route('short-b', { prefix: '/a' }),
      route('everything'),
      route('regex-long', { regex: '/x/.*' }),
      route('regex', { regex: '/x' }),
      route('last', { path: '/a' }, { order: 1 }),
    ];
    fc.assert(
      fc.property(fc.shuffledSubarray(sorted, { minLength: sorted.length }), (shuffled) => {
        expect(shuffled.toSorted(compareRoutes).map(({ name }) => name)).toEqual(sorted.map(({ name }) => name));
      }),
    );
  });
});

describe('routesOfListener', () => {
  it('gives after any change what a new state gives [routing.one-changed]', () => {
    const name = fc.constantFrom('a', 'b', 'c', 'd', 'e');
    const there = fc.record({
      name,
      match: fc.record({ prefix: fc.constantFrom('/', '/a', '/ab') }),
      listener: fc.constantFrom('', 'l', 'm'),
    });
    const gone = fc.record({ name });
    fc.assert(
      fc.property(fc.array(fc.oneof(there, gone), { maxLength: 12 }), (changes) => {
        let state = EMPTY_STATE;
        for (const each of changes) {
          state =
            'match' in each ? withRoute(state, each) : withObjects(state, [], [{ kind: 'routes', name: each.name }]);
          for (const listener of ['default', 'l', 'm']) {
            const expected = [...state.routes].filter(({ spec }) => (spec.listener ?? 'default') === listener);
            expect(routesOfListener(state, listener, 'default')).toEqual(expected.sort(compareRoutes));
          }
        }
      }),
    );
  });

  it('puts a route that names no listener on the only one of the group, else on default [routing.default-listener]', () => {
    const routes = { r: { cluster: 'c' }, s: { cluster: 'c', groups: ['edge'] } };
    const one = stateOf({ listeners: { main: {} }, routes });
    expect(routesOfListener(one, 'main', 'default').map(({ name }) => name)).toEqual(['r']);
    expect(routesOfListener(one, 'main', 'edge').map(({ name }) => name)).toEqual(['r', 's']);
    expect(routesOfListener(one, 'default', 'default')).toEqual([]);
    const two = stateOf({ listeners: { main: {}, default: { port: 10_001 } }, routes });
    expect(routesOfListener(two, 'main', 'default')).toEqual([]);
    expect(routesOfListener(two, 'default', 'default').map(({ name }) => name)).toEqual(['r']);
  });
});
