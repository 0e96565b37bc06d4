import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runChecked } from '../../tests/stack/command.ts';
import { buildGoProgram } from '../../tests/stack/go.ts';
import type { Sample } from '../../tests/xds-conformance/sample-resources.ts';

const CLIENT_CORE = '1';

/** What the client of tests/stack/go-control-plane is to do; see its `scenario`. */
export interface Scenario {
  readonly target: string;
  readonly kind: 'sync' | 'push' | 'churn' | 'reconnect' | 'nack';
  readonly protocol?: 'delta' | 'sotw';
  readonly connections: number;
  readonly streams: number;
  readonly types: ReadonlyArray<{
    readonly type_url: string;
    readonly names?: readonly string[];
    readonly expect: number;
    readonly after?: string;
  }>;
  /** Where changes are posted to, with the path. */
  readonly control?: string;
  readonly changes?: ReadonlyArray<{ readonly body: unknown; readonly sample: Sample }>;
  readonly warm_up?: number;
  readonly per_second?: number;
  readonly limit_ms?: number;
  readonly listen_ms?: number;
  readonly timeout_ms: number;
}

/** A distribution over streams, milliseconds. */
export interface Round {
  readonly p50: number;
  readonly p99: number;
  readonly last: number;
  readonly count: number;
}

/** What the client saw; see its `result`. Times in milliseconds. */
export interface Seen {
  readonly sync_ms: number;
  readonly rounds?: readonly Round[];
  readonly delivered?: Round;
  readonly posted?: number;
  readonly per_second?: number;
  readonly last_ms?: number;
  readonly responses: number;
  readonly resources: number;
  readonly refusals: number;
}

/** Runs the client on a core of its own. Errors: whatever it says, a scenario that is not over in time included. */
export async function runClient({ changes = [], ...scenario }: Scenario): Promise<Seen> {
  const folder = mkdtempSync(join(tmpdir(), 'headgate-bench-'));
  const file = join(folder, 'scenario.json');
  const known = changes.map(({ body, sample: { typeUrl, name, body: resource } }) => ({
    body,
    type_url: typeUrl,
    name,
    resource: resource.toString('base64'),
  }));
  try {
    writeFileSync(
      file,
      JSON.stringify({ protocol: 'delta', group: 'default', distinct_nodes: true, ...scenario, changes: known }),
    );
    const { stdout } = await runChecked('taskset', ['-c', CLIENT_CORE, await buildGoProgram('client'), file], {
      timeoutMs: 300_000,
    });
    return JSON.parse(stdout);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
