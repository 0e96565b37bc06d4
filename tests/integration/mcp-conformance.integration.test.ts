import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createGateway, createOperations, type Gateway, type Operations } from '../../src/gateway/index.ts';
import { openStore, type Store } from '../../src/store/index.ts';
import { memoryAudit } from '../conformance/gateway/memory-audit.ts';
import { createSuiteConnector } from '../conformance/mcp-suite/suite-connector.ts';
import { runCommand } from '../stack/command.ts';

const resolve = createRequire(import.meta.url).resolve;
/** The suite as released for 2025-11-25, and the one that also knows 2026-07-28. */
const SUITE_2025 = resolve('@modelcontextprotocol/conformance/dist/index.js');
const SUITE_2026 = resolve('conformance-2026-07/dist/index.js');

/** Scenarios of optional extensions of the protocol, which need a server of their own. */
const EXTENSION = /^(tasks-|http-custom-header)/;

let gateway: Gateway;
let url: string;
let folder: string;
let store: Store;
let operations: Operations;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'headgate-conformance-'));
  store = await openStore({ path: join(folder, 'headgate.sqlite') });
  operations = createOperations({ records: store.operations, clock: Date.now, report: () => {} });
  gateway = createGateway({
    name: 'headgate',
    version: '0.0.0-test',
    connectors: [createSuiteConnector()],
    audit: memoryAudit([]),
    policy: { readOnly: false },
    operations,
    waitMs: 0,
    approvals: { records: store.approvals, ttlMs: 60_000 },
    logger: pino({ level: 'silent' }),
  });
  url = `${(await gateway.listen({ host: '127.0.0.1', port: 0 })).url}/mcp`;
});
afterAll(async () => {
  await gateway.close(0);
  await operations.close();
  await store.close();
  await rm(folder, { recursive: true });
});

/** Scenarios by how they ended. */
async function runSuite(suite: string, options: readonly string[]) {
  const args = [suite, 'server', '--url', url, ...options];
  const { stdout } = await runCommand(process.execPath, args, { cwd: folder });
  const lines = stdout.slice(stdout.indexOf('=== SUMMARY ===')).matchAll(/^([✓✗]) ([\w-]+): (\d+) passed/gm);
  const ended = [...lines].map(([, mark, scenario]) => ({ passed: mark === '✓', scenario: String(scenario) }));
  return {
    passed: ended.filter(({ passed }) => passed).map(({ scenario }) => scenario),
    failed: ended.filter(({ passed }) => !passed).map(({ scenario }) => scenario),
  };
}

describe('the public MCP conformance suite', () => {
  it('finds nothing in any server scenario of its 2025-11-25 release [conformance.2025-11-25]', async () => {
    const { passed, failed } = await runSuite(SUITE_2025, ['--suite', 'all']);
    expect(failed).toEqual([]);
    expect(passed.length).toBeGreaterThanOrEqual(30);
  });

  it('finds nothing in what 2025-11-25 requires [conformance.2025-11-25]', async () => {
    const { passed, failed } = await runSuite(SUITE_2026, ['--requirements', '2025-11-25']);
    expect(failed).toEqual([]);
    expect(passed.length).toBeGreaterThanOrEqual(30);
  });

  it('finds nothing in what 2026-07-28 requires, and fails only in extensions [conformance.2026-07-28]', async () => {
    const { passed, failed } = await runSuite(SUITE_2026, ['--requirements', '2026-07-28']);
    expect(failed.filter((scenario) => !EXTENSION.test(scenario))).toEqual([]);
    expect(passed.length).toBeGreaterThanOrEqual(39);
  });

  it.each([
    'tasks-lifecycle',
    'tasks-capability-negotiation',
    'tasks-wire-fields',
    'tasks-request-state-removal',
    'tasks-request-headers',
    'tasks-dispatch-and-envelope',
  ])('finds nothing in its scenario %s of the tasks extension [operations.tasks]', async (scenario) => {
    const args = [SUITE_2026, 'server', '--url', url, '--scenario', scenario, '--force'];
    const { stdout } = await runCommand(process.execPath, args, { cwd: folder });
    expect(stdout).toMatch(/Passed: (\d+)\/\1, 0 failed, 0 warnings/);
  });
});
