import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findLogs, readApplication } from '../../../eventlog/index.ts';
import { configuredPrices, toRunRecord } from '../../../insight/index.ts';
import { createSparkHistory } from '../connector.ts';
import { callTool, rowsOf } from '../fixtures/call-tool.ts';
import { dailyApplications } from '../fixtures/daily-applications.ts';
import { historyOf, toolContext } from '../fixtures/fake-logs.ts';
import { getFleetOverview } from './get-fleet-overview.ts';

const RECORDED = fileURLToPath(new URL('../../../../tests/fixtures/spark/4.3/first-look-zstd', import.meta.url));
/** More than it takes to start threads. */
const COPIES = 24;

describe('get_fleet_overview', () => {
  it('adds up every logical application, the one that took most core-hours first [fleet.every-application]', async () => {
    const clicks = dailyApplications(1, () => ({ parts: { appId: 'other-1', name: 'clicks' } }));
    const result = await callTool(getFleetOverview, historyOf(...dailyApplications(3), ...clicks), {});
    expect(rowsOf(result.applications).map(({ application, runs }) => [application, runs])).toEqual([
      ['orders-#', 3],
      ['clicks', 1],
    ]);
    expect(result).toMatchObject({ runs: 4, failed_runs: 0, cost: null, prices: null, unread_logs: 0, gaps: [] });
    expect(result.core_hours).toBeGreaterThan(0);
  });

  it('tells money only by prices that were configured [fleet.waste-is-a-bound]', async () => {
    const spark = historyOf(...dailyApplications(2));
    const prices = configuredPrices('aws-emr-serverless/x86');
    const output = await getFleetOverview.handler(getFleetOverview.input.parse({}), {
      ...toolContext(),
      spark,
      prices,
    });
    expect(output.prices).toBe('aws-emr-serverless/x86 as of 2026-04-30, USD');
    expect(output.cost).toBeGreaterThan(0);
    expect(output.wasted_cost_at_most).toBeLessThanOrEqual(output.cost ?? 0);
    expect(() => configuredPrices('mainframe/z')).toThrow(/there is no price table mainframe\/z/);
  });

  describe('over a folder of many logs', () => {
    let folder = '';
    beforeAll(() => {
      folder = mkdtempSync(join(tmpdir(), 'headgate-fleet-'));
    });
    afterAll(() => rmSync(folder, { recursive: true, force: true }));

    it('reads them on threads with the records of one by one, once, and names what it cannot read [fleet.threads] [fleet.unreadable-named] [fleet.reads-once]', async () => {
      const { logs } = await findLogs(RECORDED);
      const [log] = logs;
      const file = log?.files[0];
      if (log === undefined || file === undefined) throw new Error('There is no recorded log.');
      for (let copy = 0; copy < COPIES; copy++)
        cpSync(file.path, join(folder, `local-${1_700_000_000_000 + copy}.zstd`));
      writeFileSync(join(folder, 'local-1800000000000'), 'no event log at all\n');
      const expected = toRunRecord(await readApplication(log));
      const connector = createSparkHistory(
        { sources: [{ name: 'logs', place: { kind: 'folder', path: folder }, tenants: null }] },
        { clock: Date.now },
      );
      const tool = connector.tools.find(({ name }) => name === 'get_fleet_overview');
      if (tool === undefined) throw new Error('There is no get_fleet_overview.');
      const overview = async () => (await tool.call(tool.input.parse({}), toolContext())) as Record<string, unknown>;
      const first = await overview();
      // The copies have one application id: they are one run.
      expect(first.runs).toBe(1);
      const machines = expected.machines.reduce((sum, { cores, hours }) => sum + cores * hours, 0);
      expect(first.core_hours).toBe(Number(machines.toPrecision(3)));
      expect(JSON.stringify(first.gaps)).toContain('1 log could not be read');
      const next = await overview();
      expect({ ...next, gaps: [] }).toEqual({ ...first, gaps: [] });
      await connector.close();
    });
  });
});
