import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { RunningEnvoy } from '../../stack/envoy.ts';
import { send, serverOf, startLoad, statusOf } from './client.ts';
import { freePort, LiveEnvoy, NOW, startProxy, statOf, TESTER } from './live-envoy.ts';
import { echo, type ScriptedUpstream, startUpstream } from './scripted-upstream.ts';
import { until } from './until.ts';

let live: LiveEnvoy;
let one: ScriptedUpstream;
let two: ScriptedUpstream;

beforeAll(async () => {
  [one, two, live] = await Promise.all([startUpstream('one'), startUpstream('two'), LiveEnvoy.start()]);
});
afterAll(async () => {
  await live.stop();
  await Promise.all([one.stop(), two.stop()]);
});
beforeEach(() => {
  for (const upstream of [one, two]) {
    upstream.answer = echo;
    upstream.ready = true;
    upstream.seen.length = 0;
  }
});

const ofOne = () => ({ clusters: { one: { endpoints: [one.address] } }, routes: { mcp: { cluster: 'one' } } });

test('a new cluster and the switch to it in one change fail no request, however long it warms [envoy.warming]', async () => {
  await live.use(ofOne());
  // Too slow for its first health check to be there by the time that Envoy acknowledges the cluster.
  two.ready = null;
  const load = startLoad(live.url);
  await until('the load runs', () => load.succeeded() > 50);
  const changes = [
    { kind: 'clusters', name: 'two', spec: { endpoints: [two.address], health_check: { timeout_s: 10 } } },
    { kind: 'routes', name: 'mcp', spec: { cluster: 'two' } },
    { kind: 'clusters', name: 'one', spec: null },
  ] as const;
  await live.controlPlane.apply(changes, TESTER, NOW);
  const before = load.succeeded();
  await until('the load goes on', () => load.succeeded() > before + 300);
  expect([two.seen.length, await live.stat('cluster_manager.warming_clusters')]).toEqual([0, 1]);
  two.letReady();
  await until('the new cluster is asked', () => two.seen.length > 50);
  await live.settled();
  const { failures, servers } = await load.end();
  expect(failures).toEqual([]);
  expect(Object.keys(servers).sort()).toEqual(['one', 'two']);
  expect(await live.stat('cluster_manager.active_clusters')).toBe(2);
});

test('twenty changes of everything under load fail no request [envoy.changes-under-load]', async () => {
  await live.use(ofOne());
  const load = startLoad(live.url);
  for (let round = 0; round < 20; round++) {
    const upstream = round % 2 === 0 ? two : one;
    const [name, gone] = [`cluster-${round}`, `cluster-${round - 1}`];
    await live.use({
      clusters: { [name]: { endpoints: [upstream.address] } },
      routes: { mcp: { cluster: name, response_headers: { set: { 'x-was': gone } } } },
    });
    const sent = load.succeeded();
    await until('the load goes on', () => load.succeeded() > sent + 4);
  }
  const { failures, servers } = await load.end();
  expect(failures).toEqual([]);
  expect(Object.keys(servers).sort()).toEqual(['one', 'two']);
});

test('a change of the listener lets calls that run end, and fails none [envoy.listener-changes]', async () => {
  const given = (round: number) => ({
    ...ofOne(),
    listeners: { default: { access_log: { fields: { round: String(round) } } } },
  });
  await live.use(given(0));
  const load = startLoad(live.url);
  for (let round = 1; round <= 5; round++) {
    const sent = load.succeeded();
    await live.use(given(round));
    await until('the load goes on', () => load.succeeded() > sent + 20);
  }
  expect(await live.stat('listener_manager.listener_in_place_updated')).toBeGreaterThanOrEqual(5);
  expect((await load.end()).failures).toEqual([]);
});

test('a rollback is there with the next request [envoy.rollback]', async () => {
  const { version } = await live.use(ofOne());
  await live.use({
    clusters: { two: { endpoints: [two.address] } },
    routes: { mcp: { cluster: 'two' }, more: { match: { path: '/more' }, respond: { status: 204 } } },
  });
  expect([await serverOf(live.url), await statusOf(`${live.url}/more`)]).toEqual(['two', 204]);
  const load = startLoad(live.url);
  await until('the load runs', () => load.succeeded() > 20);
  await live.controlPlane.rollback(version, TESTER, { expected: null, dryRun: false, force: false });
  await live.settled();
  expect([await serverOf(live.url), await serverOf(`${live.url}/more`)]).toEqual(['one', 'one']);
  expect((await load.end()).failures).toEqual([]);
});

describe('another Envoy', () => {
  let other: RunningEnvoy | null = null;
  afterAll(() => other?.stop());

  test('of another group has other listeners and routes [envoy.groups]', async () => {
    const port = await freePort();
    other = await startProxy(live.xdsPort, { node: { nodeId: 'dmz-7', zone: 'z' } });
    await live.use({
      groups: { dmz: { match: [{ id_prefix: 'dmz-' }], envoy_version: '1.40' } },
      listeners: { default: { groups: ['default'] }, outside: { groups: ['dmz'], address: '127.0.0.1', port } },
      clusters: { one: { endpoints: [one.address] }, two: { groups: ['dmz'], endpoints: [two.address] } },
      routes: {
        inside: { groups: ['default'], listener: 'default', cluster: 'one' },
        outside: { groups: ['dmz'], listener: 'outside', clusters: { two: 1 } },
        shared: { listener: 'outside', match: { path: '/one' }, groups: ['dmz'], cluster: 'one' },
      },
    });
    expect(await live.xds.settled('dmz', 10_000)).toBe(true);
    const outside = `http://127.0.0.1:${port}`;
    await until('the other listens', () => statusOf(outside).then(Boolean, () => false));
    expect([await serverOf(live.url), await serverOf(outside), await serverOf(`${outside}/one`)]).toEqual([
      'one',
      'two',
      'one',
    ]);
    const groups = live.controlPlane.proxies().map(({ node, group, state }) => `${node.id} ${group} ${state}`);
    expect(groups.sort()).toEqual(['dmz-7 dmz current', 'envoy-1 default current']);
    expect(await live.stat('listener_manager.total_listeners_active')).toBe(1);
    await expect(
      fetch(`${other.adminUrl}/clusters?format=json`).then((response) => response.json()),
    ).resolves.toMatchObject({
      cluster_statuses: expect.arrayContaining([expect.objectContaining({ name: 'two' })]),
    });
    // A proxy is moved to another group while it runs.
    await live.change('groups', 'dmz', { match: [{ id: 'nobody' }], envoy_version: '1.40' });
    await until('it has the routes of its new group', async () => {
      const state = live.controlPlane.proxies().find(({ node }) => node.id === 'dmz-7');
      return state?.group === 'default' && state.types.length > 0;
    });
    await until('it left the old listener', () =>
      send(outside).then(
        () => false,
        () => true,
      ),
    );
  });
});

test('state of the world serves an Envoy as well [envoy.state-of-the-world]', async () => {
  const port = await freePort();
  const sotw = await startProxy(live.xdsPort, { node: { nodeId: 'sotw-1' } }, (bootstrap) => {
    const { ads_config: ads, ...sources } = bootstrap.dynamic_resources as { ads_config: Record<string, unknown> };
    return { ...bootstrap, dynamic_resources: { ...sources, ads_config: { ...ads, api_type: 'GRPC' } } };
  });
  try {
    const given = (upstream: ScriptedUpstream) => ({
      groups: { world: { match: [{ id: 'sotw-1' }] } },
      listeners: { default: { groups: ['default'] }, sotw: { groups: ['world'], address: '127.0.0.1', port } },
      clusters: { [upstream.name]: { endpoints: [upstream.address] } },
      routes: {
        mcp: { listener: 'default', groups: ['default'], cluster: upstream.name },
        sotw: { listener: 'sotw', groups: ['world'], cluster: upstream.name },
      },
    });
    await live.use(given(one));
    expect(await live.xds.settled('world', 10_000)).toBe(true);
    const url = `http://127.0.0.1:${port}`;
    await until('it listens', () =>
      statusOf(url).then(
        (status) => status === 200,
        () => false,
      ),
    );
    const load = startLoad(url);
    await until('the load runs', () => load.succeeded() > 20);
    await live.use(given(two));
    expect(await live.xds.settled('world', 10_000)).toBe(true);
    await until('the new one is asked', async () => (await serverOf(url)) === 'two');
    expect((await load.end()).failures).toEqual([]);
    const proxy = live.controlPlane.proxies().find(({ node }) => node.id === 'sotw-1');
    expect([proxy?.state, new Set(proxy?.types.map(({ protocol }) => protocol))]).toEqual([
      'current',
      new Set(['sotw']),
    ]);
    expect(await statOf(sotw, 'listener_manager.lds.update_rejected')).toBe(0);
  } finally {
    await sotw.stop();
  }
});

test('an Envoy does not notice that the control plane is restarted, and has later changes [envoy.restart]', async () => {
  await live.use({ ...ofOne(), runtime: { headgate: { values: { 'headgate.tried': 1 } } } });
  const counters = async () =>
    Promise.all(
      [
        'cluster_manager.cds.update_success',
        'cluster_manager.cluster_modified',
        'cluster_manager.cluster_removed',
        'listener_manager.lds.update_success',
        'listener_manager.listener_modified',
        'listener_manager.listener_create_success',
        'cluster.one.update_success',
        'http.default.rds.default.update_success',
        'http.default.rds.default.config_reload',
        'runtime.load_success',
      ].map((name) => live.stat(name)),
    );
  const before = await counters();
  expect(before.every((count) => count >= 0)).toBe(true);
  const connected = (to: number) =>
    until(`connected ${to}`, async () => (await live.stat('control_plane.connected_state')) === to);
  const load = startLoad(live.url);
  await live.stopControlPlane();
  await connected(0);
  await until('it serves without a control plane', () => load.succeeded() > 50);
  await live.startControlPlane();
  await connected(1);
  await until('it is known to have everything', () =>
    live.controlPlane.proxies().some(({ state }) => state === 'current'),
  );
  expect(await counters()).toEqual(before);
  expect(live.controlPlane.proxies()[0]?.snapshotVersion).toBe(live.controlPlane.snapshot('default').version);
  await live.change('clusters', 'one', { endpoints: [two.address] });
  await until('the change is there', async () => (await serverOf(live.url)) === 'two');
  expect((await load.end()).failures).toEqual([]);
});
