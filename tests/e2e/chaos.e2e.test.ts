import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runChaos } from '../../bench/control-plane/chaos-run.ts';
import { installEnvoy } from '../stack/envoy.ts';
import { Sandbox } from './headgate-process.ts';
import { type RunningFleet, startFleet } from './running-fleet.ts';

let sandbox: Sandbox;
let fleet: RunningFleet;

beforeAll(async () => {
  sandbox = await Sandbox.create();
  fleet = await startFleet(sandbox, await installEnvoy('1.40'));
});

afterAll(async () => {
  await fleet?.stop();
  await sandbox.remove();
});

/** What `bench/control-plane/chaos.ts` does for ten minutes. */
const PLAN = {
  quietMs: 1_000,
  chaosMs: 20_000,
  clients: 8,
  rate: 80,
  rollingRestarts: 1,
  controlPlaneKills: 2,
  changes: 20,
  replicaKills: 0,
};

describe('a fleet behind Envoy', () => {
  it('answers every call while replicas are restarted, the control plane is killed and the configuration changes [envoy-chaos.no-failed-call] [envoy-chaos.changes-arrive]', async () => {
    const result = await runChaos(fleet, PLAN, async () => {
      const { exitCode, stdout } = await sandbox.run(['up', '--rolling-restart', '--json']);
      expect([exitCode, stdout]).toEqual([0, expect.stringContaining('"restarted": true')]);
    });
    expect(result.failures).toEqual([]);
    expect(result.calls).toBeGreaterThan(500);
    expect([result.changesMade, result.restartsMade, result.killsMade]).toEqual([20, 1, 2]);

    const states = async () => {
      const nodes = (await (await fetch(`${fleet.ready.api_url}/api/v1/nodes`)).json()) as { states: unknown };
      return nodes.states;
    };
    await expect.poll(states, { timeout: 15_000 }).toEqual({ current: 1, updating: 0, refusing: 0 });
    const made = (await (await fetch(`${fleet.ready.api_url}/api/v1/versions?limit=1000`)).json()) as {
      items: ReadonlyArray<{ author: { via: string } }>;
    };
    const byRest = made.items.filter(({ author }) => author.via === 'api');
    expect(byRest.length).toBeGreaterThanOrEqual(PLAN.changes);
    const status = await sandbox.run(['cp', 'status', '--gateway', fleet.ready.api_url]);
    expect(status.stdout).toMatch(/1 proxy: 1 current, 0 updating, 0 refusing/);
  });
});
