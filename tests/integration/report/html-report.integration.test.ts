import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findLogs, readApplication } from '../../../src/eventlog/index.ts';
import { buildApplication } from '../../../src/insight/fixtures/application-builder.ts';
import { readRecorded } from '../../../src/insight/fixtures/recorded.ts';
import { loadReportPages, loadReports, type ReportModel } from '../../../src/insight/index.ts';
import { openBrowser, scrollThrough, unfold, watchedPage } from './browser.ts';
import { LOW_CONTRAST } from './contrast.ts';

const EXAMPLES = join(import.meta.dirname, '..', '..', '..', 'examples', 'event-logs');
/** Logs of real Spark: SQL with joins, a failure, streaming, lost executors, many executors, skew, a cut log. */
const RECORDED = [
  '4.3/orders-sql',
  '4.3/failed-udf',
  '4.3/streaming',
  '4.3/lost-executor',
  '4.3/busy-cluster',
  '4.3/skew-and-spill',
  '4.3/cut-zstd-frame',
];
/** The two looks differ in nothing but colours, which these show all of. */
const DARK_TOO = ['4.3/failed-udf', '4.3/busy-cluster', 'slow-example'];
const NARROW = { width: 360, height: 740 };

let browser: Browser;
let folder: string;
/** URLs of reports by name. */
const urls = new Map<string, string>();

async function addReport(name: string, models: readonly ReportModel[]): Promise<void> {
  const { renderHtml } = await loadReportPages();
  const path = join(folder, `${name.replaceAll('/', '-')}.html`);
  writeFileSync(path, renderHtml(models));
  urls.set(name, pathToFileURL(path).href);
}

const urlOf = (name: string): string => urls.get(name) ?? '';

beforeAll(async () => {
  const { buildReport, COMPACT_LIMITS } = await loadReports();
  folder = mkdtempSync(join(tmpdir(), 'headgate-report-'));
  browser = await openBrowser();
  for (const id of RECORDED) {
    const [application] = await readRecorded(id);
    if (application !== undefined) await addReport(id, [buildReport(application)]);
  }
  const { logs } = await findLogs(EXAMPLES);
  const applications = await Promise.all(logs.map((log) => readApplication(log)));
  await addReport(
    'examples',
    applications.map((application) => buildReport(application, { limits: COMPACT_LIMITS })),
  );
  await addReport(
    'slow-example',
    applications.filter(({ appId }) => appId === 'local-1795245906434').map((one) => buildReport(one)),
  );
  await addReport('empty', [
    buildReport(buildApplication({ startTime: null, endTime: null, lastEventTime: null, executors: [] })),
  ]);
});

afterAll(async () => {
  await browser.close();
  rmSync(folder, { recursive: true, force: true });
});

describe.each([...RECORDED, 'slow-example', 'examples', 'empty'])('the report of %s', (name) => {
  it.each(DARK_TOO.includes(name) ? (['light', 'dark'] as const) : (['light'] as const))(
    'draws every chart without an error, a request or a breach of its policy, legibly: %s [report.console-free] [report.self-contained] [report.contrast]',
    async (colorScheme) => {
      const { page, problems, requests } = await watchedPage(browser, { colorScheme });
      await page.goto(urlOf(name));
      await unfold(page);
      await scrollThrough(page);
      const charts = await page.locator('[data-chart]').count();
      expect(await page.locator('[data-chart] svg').count()).toBe(charts);
      expect([problems, requests]).toEqual([[], []]);
      expect(await page.evaluate(LOW_CONTRAST)).toEqual([]);
      await page.context().close();
    },
  );

  it('does not scroll sideways at 360 pixels, folded or not [report.narrow]', async () => {
    const { page, problems } = await watchedPage(browser, { viewport: NARROW });
    await page.goto(urlOf(name));
    const width = () => page.evaluate<number>('document.documentElement.scrollWidth');
    expect(await width()).toBe(NARROW.width);
    await unfold(page);
    await scrollThrough(page);
    expect([await width(), problems]).toEqual([NARROW.width, []]);
    await page.context().close();
  });

  it('reads without a script [report.no-script]', async () => {
    const { page } = await watchedPage(browser, { javaScriptEnabled: false });
    await page.goto(urlOf(name));
    expect(await page.locator('h1').textContent()).not.toBe('');
    expect(
      (await page.getByRole('heading', { name: /^(\d+ )?findings?$/i }).count()) +
        (await page.locator('details.app').count()),
    ).toBeGreaterThan(0);
    expect(await page.locator('[data-chart]:visible').count()).toBe(0);
    await page.context().close();
  });
});

describe('a report', () => {
  it('is walked by keyboard: everything is reached, and the focus is seen [report.keyboard]', async () => {
    const { page } = await watchedPage(browser);
    await page.goto(urlOf('4.3/failed-udf'));
    await scrollThrough(page);
    const seen: string[] = [];
    for (let step = 0; step < 400; step++) {
      await page.keyboard.press('Tab');
      const focused = await page.evaluate<{ what: string; outline: string } | null>(`(() => {
        const at = document.activeElement;
        if (!at || at === document.body) return null;
        const style = getComputedStyle(at);
        const what = at.tagName.toLowerCase() + ' ' + (at.getAttribute('aria-label') ?? at.textContent ?? '').trim().slice(0, 40);
        return { what, outline: style.outlineStyle === 'none' ? 'none' : style.outlineWidth };
      })()`);
      if (focused === null) break;
      expect(focused.outline, focused.what).toBe('3px');
      seen.push(focused.what);
    }
    expect(seen[0]).toBe('a Skip to the findings');
    for (const reached of [
      'a Findings',
      'a stages/',
      'summary Numbers: jobs',
      'div Stages',
      'button Wall time',
      'input',
      'summary Stage',
    ])
      expect(
        seen.some((what) => what.startsWith(reached)),
        reached,
      ).toBe(true);
    await page.context().close();
  });

  it('leads from evidence to the row of the stage, also when the table is filtered [report.evidence-leads]', async () => {
    const { page } = await watchedPage(browser);
    await page.goto(urlOf('4.3/failed-udf'));
    await page.locator('input[type=search]').fill('no such stage');
    const link = page.locator('.evidence a[href^="#stage-"]').first();
    const id = (await link.getAttribute('href'))?.slice(1) ?? '';
    await link.focus();
    await page.keyboard.press('Enter');
    expect(await page.evaluate('document.activeElement.id')).toBe(id);
    expect(await page.locator(`[id="${id}"]`).isVisible()).toBe(true);
    await page.context().close();
  });

  it('sorts and filters stages [report.views]', async () => {
    const { page } = await watchedPage(browser);
    await page.goto(urlOf('slow-example'));
    const cells = () => page.locator('[aria-label="Stages"] tbody tr:visible td:first-child').allInnerTexts();
    const sort = page.locator('[aria-label="Stages"] th button', { hasText: 'Stage' });
    await sort.press('Enter');
    const up = await cells();
    expect(up.slice(0, 3)).toEqual(['0.0', '1.0', '2.0']);
    await sort.press('Enter');
    expect(await cells()).toEqual(up.toReversed());
    await page.locator('input[type=search]').fill('json at');
    expect((await cells()).length).toBeLessThan(up.length);
    await page.context().close();
  });

  it('opens the application that the index leads to [report.several]', async () => {
    const { page } = await watchedPage(browser);
    await page.goto(urlOf('examples'));
    expect(await page.locator('details.app[open]').count()).toBe(0);
    await page.locator('a[href="#a2-report"]').click();
    expect(await page.locator('details.app[open]').getAttribute('id')).toBe('a2-report');
    await expect.poll(() => page.locator('#a2-report [data-chart] svg').count()).toBeGreaterThan(0);
    await page.context().close();
  });

  it('prints light with its charts, whatever the look of the screen [report.print]', async () => {
    const { page, problems } = await watchedPage(browser, { colorScheme: 'dark' });
    await page.goto(urlOf('slow-example'));
    await page.evaluate(`addEventListener('beforeprint', () => {
      globalThis.printed = {
        scheme: getComputedStyle(document.documentElement).colorScheme,
        charts: document.querySelectorAll('[data-chart] svg').length,
      };
    })`);
    const pdf = await page.pdf();
    const visible = await page.locator('[data-chart]:visible').count();
    expect(await page.evaluate('globalThis.printed')).toEqual({ scheme: 'light', charts: visible });
    expect(await page.evaluate('document.documentElement.style.colorScheme')).toBe('');
    expect([pdf.length > 50_000, problems]).toEqual([true, []]);
    await page.context().close();
  });

  it('copies the patch of the configuration [report.views]', async () => {
    const { page } = await watchedPage(browser, { permissions: ['clipboard-read', 'clipboard-write'] });
    await page.goto(urlOf('slow-example'));
    await page.locator('.copy-button').first().click();
    await page.locator('.copy-button', { hasText: /Copied|Selected/ }).waitFor();
    const shown = await page.locator('.copy pre').first().textContent();
    expect(shown).toMatch(/^--conf spark\./);
    const taken = await page.evaluate('getSelection().toString() || navigator.clipboard.readText()');
    expect(String(taken).trim()).toBe(shown?.trim());
    await page.context().close();
  });
});
