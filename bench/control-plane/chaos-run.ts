import { performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import type { RunningFleet } from '../../tests/e2e/running-fleet.ts';
import { chaosChange } from './chaos-changes.ts';
import { type Failure, type Load, quantile, startLoad } from './mcp-load.ts';

/** What happens while clients call. */
export interface ChaosPlan {
  /** How long calls go on before anything happens, and after everything did. Milliseconds. */
  readonly quietMs: number;
  /** In which everything happens. Milliseconds. */
  readonly chaosMs: number;
  readonly clients: number;
  /** Calls a second. */
  readonly rate: number;
  readonly rollingRestarts: number;
  readonly controlPlaneKills: number;
  readonly changes: number;
  /** Replicas that are killed after everything else: not promised, told apart. */
  readonly replicaKills: number;
}

/** Something that happened. */
export interface ChaosEvent {
  readonly began: number;
  readonly ended: number;
  readonly what: string;
}

/** What a run showed. */
export interface ChaosResult {
  readonly calls: number;
  readonly failures: readonly Failure[];
  /** Of those while replicas were killed; not among `failures`. */
  readonly killed: { readonly calls: number; readonly failures: readonly Failure[] };
  readonly events: readonly ChaosEvent[];
  readonly changesMade: number;
  readonly restartsMade: number;
  readonly killsMade: number;
  /** Milliseconds, of answered calls. */
  readonly quiet: Latencies;
  readonly during: Latencies;
}

export interface Latencies {
  readonly calls: number;
  readonly p50: number;
  readonly p99: number;
  readonly longest: number;
}

/** The control plane is started again within seconds; a change is sent again until it answers. Milliseconds. */
const AGAIN_MS = 200;
const GIVE_UP_MS = 60_000;
/** A replica that was killed is started again meanwhile. Milliseconds. */
const AFTER_KILL_MS = 12_000;

/** Lets a fleet of `headgate up` live through a plan while clients call it all the time. `restart` does one rolling restart. */
export async function runChaos(
  fleet: RunningFleet,
  plan: ChaosPlan,
  restart: () => Promise<void>,
): Promise<ChaosResult> {
  const { ready } = fleet;
  const events: ChaosEvent[] = [];
  const noted = async (what: string, work: () => Promise<unknown>) => {
    const began = performance.now();
    await work();
    events.push({ began, ended: performance.now(), what });
  };
  const load = startLoad({ url: ready.mcp_url, clients: plan.clients, rate: plan.rate, callsPerConnection: 200 });
  try {
    await pause(plan.quietMs);
    const began = performance.now();
    const [changesMade] = await Promise.all([
      makeChanges(fleet, plan, noted),
      spread(plan.rollingRestarts, plan.chaosMs, () => noted('rolling restart', restart)),
      spread(plan.controlPlaneKills, plan.chaosMs, () =>
        noted('control plane killed', () => kill(fleet, 'control-plane')),
      ),
    ]);
    await pause(plan.quietMs);
    const over = performance.now();
    const before = { calls: load.calls, failures: load.failures.length };
    for (let index = 0; index < plan.replicaKills; index++) {
      const name = `replica-${(index % ready.replicas.length) + 1}`;
      await noted(`${name} killed`, async () => {
        await kill(fleet, name);
        await pause(AFTER_KILL_MS);
      });
    }
    return {
      calls: before.calls,
      failures: load.failures.slice(0, before.failures),
      killed: { calls: load.calls - before.calls, failures: load.failures.slice(before.failures) },
      events: events.toSorted((one, other) => one.began - other.began),
      changesMade,
      restartsMade: countOf(events, 'rolling restart'),
      killsMade: countOf(events, 'control plane killed'),
      quiet: latencies(load, 0, began),
      during: latencies(load, began, over),
    };
  } finally {
    await load.stop();
  }
}

/** Does something so often within a time, each once the one before is over. */
async function spread(times: number, ms: number, work: () => Promise<void>): Promise<void> {
  const began = performance.now();
  for (let index = 0; index < times; index++) {
    const early = began + (ms * (index + 0.5)) / times - performance.now();
    if (early > 0) await pause(early);
    await work();
  }
}

async function makeChanges(
  { ready }: RunningFleet,
  { changes, chaosMs }: ChaosPlan,
  noted: (what: string, work: () => Promise<unknown>) => Promise<void>,
): Promise<number> {
  const replicas = ready.replicas.map((url) => new URL(url).host);
  const { spec } = (await (await fetch(`${ready.api_url}/api/v1/listeners/default`)).json()) as {
    spec: Record<string, unknown>;
  };
  const made = new Map<number, string>();
  let index = 0;
  await spread(changes, chaosMs, async () => {
    const change = chaosChange(index, replicas, spec, made);
    await noted(`change ${index}: ${change.what}`, async () => {
      made.set(index, await send(`${ready.api_url}${change.path}`, change.method, change.body));
    });
    index++;
  });
  return made.size;
}

/** Sends a change until it is taken; returns the version that it made. Errors: it is refused, or nobody answers. */
async function send(url: string, method: string, body: unknown): Promise<string> {
  const headers = { 'content-type': 'application/json' };
  for (const until = performance.now() + GIVE_UP_MS; ; await pause(AGAIN_MS)) {
    const answer = await fetch(url, { method, headers, body: JSON.stringify(body) }).catch(() => null);
    const text = (await answer?.text().catch(() => null)) ?? null;
    if (answer?.ok === true && text !== null) return (JSON.parse(text) as { version: string }).version;
    if (answer !== null && answer.status !== 503) throw new Error(`${method} ${url}: ${answer.status} ${text}`);
    if (performance.now() > until) throw new Error(`${method} ${url} is not answered.`);
  }
}

/** Kills a part of the fleet with SIGKILL; resolves when it runs again. */
async function kill({ ready, log }: RunningFleet, name: string): Promise<void> {
  const started = [...log().matchAll(new RegExp(`${name} runs again, as process (\\d+)`, 'g'))];
  const pid = Number(started.at(-1)?.[1] ?? ready.running[name]);
  process.kill(pid, 'SIGKILL');
  const runs = () => log().match(new RegExp(`${name} runs again`, 'g'))?.length ?? 0;
  for (const until = performance.now() + GIVE_UP_MS; runs() <= started.length; await pause(AGAIN_MS))
    if (performance.now() > until) throw new Error(`${name} does not run again.`);
}

function countOf(events: readonly ChaosEvent[], what: string): number {
  return events.filter((event) => event.what === what).length;
}

function latencies({ answered }: Load, from: number, to: number): Latencies {
  const took = answered.filter(([began]) => began >= from && began < to).map(([, each]) => each);
  const longest = took.reduce((one, other) => Math.max(one, other), 0);
  return { calls: took.length, p50: quantile(took, 0.5), p99: quantile(took, 0.99), longest };
}

/** What was going on when a call failed. */
export function eventsDuring(events: readonly ChaosEvent[], { began, ended }: Failure): ChaosEvent[] {
  return events.filter((event) => event.began <= ended && event.ended + AFTERMATH_MS >= began);
}

/** What a change brings about goes on for some time. Milliseconds. */
const AFTERMATH_MS = 1_000;
