/**
 * `headgate up` under constant load while its replicas are restarted one after another, its control plane is killed and started
 * again, and its configuration changes. No call of a stateless client may fail.
 * `node -C headgate-source bench/control-plane/chaos.ts [--minutes 10] [--clients 16] [--rate 200] [--restarts 3] [--kills 5]
 * [--changes 100] [--replica-kills 0] [--log <file>]`
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Sandbox } from '../../tests/e2e/headgate-process.ts';
import { startFleet } from '../../tests/e2e/running-fleet.ts';
import { installEnvoy } from '../../tests/stack/envoy.ts';
import { type ChaosEvent, type ChaosResult, eventsDuring, type Latencies, runChaos } from './chaos-run.ts';
import type { Failure } from './mcp-load.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    clients: { type: 'string', default: '16' },
    rate: { type: 'string', default: '200' },
    restarts: { type: 'string', default: '3' },
    kills: { type: 'string', default: '5' },
    changes: { type: 'string', default: '100' },
    'replica-kills': { type: 'string', default: '0' },
    log: { type: 'string' },
  },
});
const QUIET_PART = 0.08;

const sandbox = await Sandbox.create();
try {
  const fleet = await startFleet(sandbox, await installEnvoy('1.40'), ['--replicas', '3']);
  try {
    const ms = Number(values.minutes) * 60_000;
    const plan = {
      quietMs: ms * QUIET_PART,
      chaosMs: ms * (1 - 2 * QUIET_PART),
      clients: Number(values.clients),
      rate: Number(values.rate),
      rollingRestarts: Number(values.restarts),
      controlPlaneKills: Number(values.kills),
      changes: Number(values.changes),
      replicaKills: Number(values['replica-kills']),
    };
    const result = await runChaos(fleet, plan, async () => {
      const { exitCode, stdout, stderr } = await sandbox.run(['up', '--rolling-restart', '--json']);
      if (exitCode !== 0) throw new Error(`The rolling restart ended with ${exitCode}: ${stdout}${stderr}`);
    });
    print(result);
    process.exitCode = result.failures.length === 0 ? 0 : 1;
  } finally {
    await fleet.stop();
    if (values.log !== undefined) writeFileSync(values.log, fleet.log());
  }
} finally {
  await sandbox.remove();
}

function print(result: ChaosResult): void {
  const { calls, failures, killed, events, changesMade, restartsMade, killsMade, quiet, during } = result;
  console.log(
    `${calls} calls, ${failures.length} failed; ${restartsMade} rolling restarts, ${killsMade} kills of the control plane, ${changesMade} changes`,
  );
  console.log(`  quiet        ${shown(quiet)}`);
  console.log(`  during chaos ${shown(during)}`);
  const start = events[0]?.began ?? 0;
  const seconds = (at: number) => `${((at - start) / 1000).toFixed(2)} s`;
  printFailures(failures, events, seconds);
  if (killed.calls > 0) console.log(`replicas killed: ${killed.calls} calls, ${killed.failures.length} failed`);
  printFailures(killed.failures, events, seconds);
}

/** Each cause once, with how often and what was going on. */
function printFailures(
  failures: readonly Failure[],
  events: readonly ChaosEvent[],
  seconds: (at: number) => string,
): void {
  const causes = Map.groupBy(failures, (failure) => {
    const going = eventsDuring(events, failure).map(({ what, began }) => `${what} (${seconds(began)})`);
    return `${failure.cause} | ${going.join('; ')}`;
  });
  for (const [cause, all] of causes) {
    const times = all.map(({ began, ended }) => `${seconds(began)} after ${(ended - began).toFixed(0)} ms`);
    console.log(`  ${all.length} ×: ${cause}\n    at ${times.slice(0, 5).join(', ')}`);
  }
}

function shown({ calls, p50, p99, longest }: Latencies): string {
  return `${calls} calls, p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms, longest ${longest.toFixed(0)} ms`;
}
