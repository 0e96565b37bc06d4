import { describe, expect, it } from 'vitest';
import { type DesiredState, objectsBetween } from '../desired-state/desired-state.ts';
import { readState } from '../desired-state/read-state.ts';
import { allUnits, buildGroup, buildUnit, unitsOf } from './units.ts';

const read = (yaml: string) => readState(yaml, 'cp.yaml');
const named = (units: ReadonlyArray<{ kind: string; name: string }>) =>
  units.map(({ kind, name }) => `${kind} ${name}`);
const between = (before: DesiredState, after: DesiredState) =>
  named(unitsOf(objectsBetween(before, after), before, after)).sort();
const changed = (before: string, after: string) => between(read(before), read(after));
const context = (yaml: string) => ({
  state: read(yaml),
  group: 'default',
  envoyVersion: { major: 1, minor: 28 },
  secrets: new Map(),
});

const A = 'clusters:\n  a: { endpoints: [10.0.0.1:1] }\n  b: { endpoints: [10.0.0.2:1] }\n';
const ROUTES = 'routes:\n  r: { cluster: a }\n  s: { listener: own, clusters: { b: 1 } }\n';
const LISTENERS = 'listeners:\n  own: { port: 1 }\n  default: { port: 2 }\n';

describe('unitsOf', () => {
  it('touches a cluster alone when it changes in what routes do not read [upstreams.units]', () => {
    expect(changed(A + ROUTES, A.replace('.1:1] }', '.1:1], connect_timeout_s: 9 }') + ROUTES)).toEqual(['cluster a']);
    expect(changed(A, `${A}endpoints:\n  a: { endpoints: [10.0.0.9:1] }\n`)).toEqual(['cluster a']);
    expect(changed(A, `${A}endpoints:\n  alone: { endpoints: [10.0.0.9:1] }\n`)).toEqual(['cluster alone']);
  });

  it('touches the listeners whose routes name a cluster that comes, goes, or becomes another protocol [upstreams.units]', () => {
    const other = A.replace('.1:1] }', '.1:1], protocol: http }');
    expect(changed(A + ROUTES + LISTENERS, other + ROUTES + LISTENERS)).toEqual(['cluster a', 'listener default']);
    expect(changed(A + ROUTES + LISTENERS, ROUTES + LISTENERS)).toEqual([
      'cluster a',
      'cluster b',
      'listener default',
      'listener own',
    ]);
    const mirrors = 'routes:\n  r: { cluster: b, mirrors: [{ cluster: a }], tools: { x: { clusters: { c: 1 } } } }\n';
    expect(changed(A + mirrors, other + mirrors)).toEqual(['cluster a', 'listener default']);
    expect(changed(A + mirrors, `${A}  c: {}\n${mirrors}`)).toEqual(['cluster c', 'listener default']);
  });

  it('touches the listeners whose routes say the own name of a cluster, when it comes to have one [upstreams.units]', () => {
    const remote = (spec: string) => `clusters:\n  a: ${spec}\n${ROUTES}${LISTENERS}`;
    const plain = remote('{ endpoints: [a.example.com:443] }');
    const secure = remote('{ endpoints: [a.example.com:443], tls: true }');
    expect(changed(plain, secure)).toEqual(['cluster a', 'listener default']);
    expect(changed(secure, secure.replace('com:443', 'com:444'))).toEqual(['cluster a']);
    expect(changed(secure, remote('{ endpoints: [10.0.0.1:443], tls: true }'))).toEqual([
      'cluster a',
      'listener default',
    ]);
    const registered = (address: string) =>
      `${remote('{ tls: true }')}endpoints:\n  a: { registered: [{ id: x, address: ${address}, port: 443 }] }\n`;
    expect(changed(registered('10.0.0.1'), registered('10.0.0.2'))).toEqual(['cluster a']);
    expect(changed(registered('10.0.0.1'), registered('b.example.com'))).toEqual(['cluster a', 'listener default']);
  });

  it('touches the listeners that a route leaves and comes to [upstreams.units]', () => {
    expect(changed(A + ROUTES + LISTENERS, A + ROUTES.replace('own', 'default') + LISTENERS)).toEqual([
      'listener default',
      'listener own',
    ]);
    expect(changed(A, `${A}routes:\n  r: { cluster: a }\n`)).toEqual(['listener default']);
    expect(
      changed(`${A}listeners:\n  own: {}\n`, `${A}listeners:\n  own: {}\nroutes:\n  r: { cluster: a }\n`),
    ).toContain('listener own');
  });

  it('touches every listener when one comes or goes, and one when it changes [upstreams.units]', () => {
    expect(changed(A + ROUTES + LISTENERS, A + ROUTES + LISTENERS.replace('port: 1', 'port: 3'))).toEqual([
      'listener own',
    ]);
    expect(changed(A + ROUTES, A + ROUTES + LISTENERS)).toEqual(['listener default', 'listener own']);
  });

  it('touches the listeners that know a tenant [upstreams.units]', () => {
    const tenant = (spec: string) => `${A}${ROUTES}${LISTENERS}tenants:\n  t: ${spec}\n`;
    expect(changed(tenant('{ listeners: [own] }'), tenant('{ listeners: [own], id: x }'))).toEqual(['listener own']);
    expect(changed(tenant('{}'), tenant('{ id: x }'))).toEqual(['listener default', 'listener own']);
  });

  it('touches secrets, layers and raw resources by themselves [upstreams.units]', () => {
    const yaml =
      'secrets:\n  a: { ca: { file: x } }\nruntime:\n  b: { values: {} }\nresources:\n  c: { type: clusters, resource: {} }\n';
    expect(changed('', yaml)).toEqual(['resource c', 'runtime b', 'secret a']);
    expect(changed(yaml, '')).toEqual(['resource c', 'runtime b', 'secret a']);
  });

  it('touches everything when a group comes, goes or has another oldest Envoy, and nothing when only its members change [upstreams.units]', () => {
    const group = (spec: string) => `${A}${ROUTES}groups:\n  g: ${spec}\n`;
    const all = ['cluster a', 'cluster b', 'listener default'];
    expect(changed(group('{ envoy_version: "1.30" }'), group('{ envoy_version: "1.31" }'))).toEqual(all);
    expect(changed(A + ROUTES, group('{}'))).toEqual(all);
    expect(changed(group('{ match: [{ id: a }] }'), group('{ match: [{ id: b }] }'))).toEqual([]);
    expect(changed(group('{}'), A + ROUTES)).toEqual(all);
  });

  it('touches nothing when nothing changed [upstreams.units]', () => {
    expect(changed(A + ROUTES, A + ROUTES)).toEqual([]);
  });
});

describe('allUnits', () => {
  it('names everything that a state is built of, and the listener that routes bring with them [upstreams.units]', () => {
    const yaml = `${A}endpoints:\n  a: {}\n  c: {}\nroutes:\n  r: { cluster: a }\nsecrets:\n  s: { ca: { file: x } }\n`;
    expect(named(allUnits(read(yaml))).sort()).toEqual([
      'cluster a',
      'cluster b',
      'cluster c',
      'listener default',
      'secret s',
    ]);
    expect(named(allUnits(read(A)))).not.toContain('listener default');
  });
});

describe('buildUnit', () => {
  it('builds each kind of unit, and nothing of what is gone [upstreams.units] [upstreams.group-objects]', () => {
    const yaml = `${A.replace('[10.0.0.2:1] }', '[10.0.0.2:1], groups: [x] }')}endpoints:\n  b: { endpoints: [10.0.0.3:1] }\nresources:\n  raw: { type: clusters, resource: {} }\nruntime:\n  headgate: { values: {} }\nroutes:\n  r: { cluster: a }\n`;
    const types = buildGroup(context(yaml)).map(({ typeUrl }) => typeUrl.slice(typeUrl.lastIndexOf('.') + 1));
    expect(types.sort()).toEqual([
      'Cluster',
      'Cluster',
      'ClusterLoadAssignment',
      'ClusterLoadAssignment',
      'Listener',
      'RouteConfiguration',
      'Runtime',
    ]);
    for (const kind of ['cluster', 'listener', 'secret', 'runtime', 'resource'] as const) {
      expect(buildUnit({ kind, name: 'gone' }, context(yaml))).toEqual([]);
    }
  });
});
