/**
 * The same call of a tool through Envoy to three replicas (`headgate up`) and to one replica directly, in pairs that take turns.
 * `node -C headgate-source bench/control-plane/through-envoy.ts [--calls 3000]`
 */
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { Sandbox } from '../../tests/e2e/headgate-process.ts';
import { startFleet } from '../../tests/e2e/running-fleet.ts';
import { installEnvoy } from '../../tests/stack/envoy.ts';
import { McpClient, quantile, type Revision } from './mcp-load.ts';

const { values } = parseArgs({ options: { calls: { type: 'string', default: '3000' } } });
/** Code of replicas is compiled by the engine meanwhile: each of the three gets a third. */
const WARM_UP = 1500;

const sandbox = await Sandbox.create();
try {
  const fleet = await startFleet(sandbox, await installEnvoy('1.40'), ['--replicas', '3']);
  try {
    const { mcp_url: through, replicas } = fleet.ready;
    const directly = `${replicas[0]}/mcp`;
    for (const url of [through, ...replicas.map((replica) => `${replica}/mcp`)]) await warmUp(url);
    for (const revision of ['2026-07-28', '2025-11-25'] as const) await inPairs(revision, through, directly);
  } finally {
    await fleet.stop();
  }
} finally {
  await sandbox.remove();
}

async function warmUp(url: string): Promise<void> {
  const client = new McpClient(url, '2026-07-28');
  for (let call = 0; call < WARM_UP; call++) await answered(client);
  await client.close();
}

/** One client; of each pair the one is first as often as the other. */
async function inPairs(revision: Revision, through: string, directly: string): Promise<void> {
  const [proxied, direct] = [new McpClient(through, revision), new McpClient(directly, revision)];
  await Promise.all([proxied.open(), direct.open()]);
  const took = { through: [] as number[], directly: [] as number[] };
  const added: number[] = [];
  for (let pair = 0; pair < Number(values.calls); pair++) {
    const turn = pair % 2 === 0;
    const first = await answered(turn ? proxied : direct);
    const second = await answered(turn ? direct : proxied);
    const [one, other] = turn ? [first, second] : [second, first];
    took.through.push(one);
    took.directly.push(other);
    added.push(one - other);
  }
  await Promise.all([proxied.close(), direct.close()]);
  console.log(`MCP ${revision}, one client, ${added.length} pairs`);
  console.log(`  directly         ${shown(took.directly)}`);
  console.log(`  through Envoy    ${shown(took.through)}`);
  const between = (part: number) => quantile(took.through, part) - quantile(took.directly, part);
  console.log(
    `  added            p50 ${quantile(added, 0.5).toFixed(2)} ms of the pairs; between the quantiles p50 ${between(0.5).toFixed(2)}, p99 ${between(0.99).toFixed(2)} ms`,
  );
}

async function answered(client: McpClient): Promise<number> {
  const began = performance.now();
  const cause = await client.call();
  if (cause !== null) throw new Error(cause);
  return performance.now() - began;
}

function shown(durations: readonly number[]): string {
  return `p50 ${quantile(durations, 0.5).toFixed(2)} ms  p99 ${quantile(durations, 0.99).toFixed(2)} ms`;
}
