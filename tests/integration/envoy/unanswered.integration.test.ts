import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RunningEnvoy } from '../../stack/envoy.ts';
import { LiveEnvoy, NOW, startProxy, statOf, TESTER } from './live-envoy.ts';
import { echo, type ScriptedUpstream, startUpstream } from './scripted-upstream.ts';
import { until } from './until.ts';

/** Envoy warms a cluster until its first health check has an answer or is given up: longer than this test. */
const HEALTH_CHECK_S = 60;
/** From a rollback to all of it in Envoy, milliseconds: one second of waiting for an answer that does not come, and room. */
const ROLLBACK_MS = 3000;

let live: LiveEnvoy;
let world: RunningEnvoy;
let one: ScriptedUpstream;
let dead: ScriptedUpstream;

beforeAll(async () => {
  [one, dead, live] = await Promise.all([startUpstream('one'), startUpstream('dead'), LiveEnvoy.start()]);
  world = await startProxy(live.xdsPort, { node: { nodeId: 'sotw-1' } }, (bootstrap) => {
    const { ads_config: ads, ...sources } = bootstrap.dynamic_resources as { ads_config: Record<string, unknown> };
    return { ...bootstrap, dynamic_resources: { ...sources, ads_config: { ...ads, api_type: 'GRPC' } } };
  });
  one.answer = echo;
  dead.ready = null;
});
afterAll(async () => {
  await world.stop();
  await live.stop();
  await Promise.all([one.stop(), dead.stop()]);
});

test('a change is taken back while Envoy warms what it brought, as delta and as state of the world [xds.unanswered]', async () => {
  await live.use({ clusters: { one: { endpoints: [one.address] } }, routes: { mcp: { cluster: 'one' } } });
  await live.controlPlane.apply(
    [
      {
        kind: 'clusters',
        name: 'dead',
        spec: { endpoints: [dead.address], health_check: { timeout_s: HEALTH_CHECK_S } },
      },
      { kind: 'clusters', name: 'one', spec: { endpoints: [one.address], health_check: { timeout_s: 7 } } },
    ],
    TESTER,
    NOW,
  );
  const warming = () =>
    Promise.all([live.envoy, world].map((envoy) => statOf(envoy, 'cluster_manager.warming_clusters')));
  await until('both warm', async () => (await warming()).every((count) => count >= 1));
  const takenBack = Date.now();
  await live.controlPlane.apply([{ kind: 'clusters', name: 'dead', spec: null }], TESTER, NOW);
  await until('nothing warms', async () => (await warming()).every((count) => count === 0));
  await until('all are current', () => live.controlPlane.proxies().every(({ state }) => state === 'current'));
  expect(Date.now() - takenBack).toBeLessThan(ROLLBACK_MS);
  expect(live.controlPlane.proxies()).toHaveLength(2);
});
