import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { encode } from 'gpt-tokenizer/encoding/o200k_base';
import type { Browser, Frame, Page } from 'playwright-core';
import { build, type Rolldown } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type App, createApp } from '../../../src/app.ts';
import { loadConfiguration } from '../../../src/configuration/index.ts';
import { openBrowser, watchedPage } from './browser.ts';
import { LOW_CONTRAST } from './contrast.ts';

const REPOSITORY = join(import.meta.dirname, '..', '..', '..');
const SLOW = 'local-1795245906434';
const VIEWS = { extensions: { 'io.modelcontextprotocol/ui': { mimeTypes: ['text/html;profile=mcp-app'] } } };
/** What the specification (2026-01-26) has a host enforce for a page that names no domain. */
const HOST_POLICY =
  "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; media-src 'self' data:; connect-src 'none'";
const HOST_PAGE =
  '<!doctype html><title>Host</title><link rel="icon" href="data:,"><iframe sandbox="allow-scripts" style="width:100%;border:0"></iframe>';

let app: App;
let client: Client;
let plain: Client;
let browser: Browser;
let folder: string;
let hostScript: string;

async function connect(url: string, capabilities: object): Promise<Client> {
  const made = new Client({ name: 'test', version: '1' }, { capabilities });
  await made.connect(new StreamableHTTPClientTransport(new URL('/mcp', url)));
  return made;
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'headgate-app-'));
  const env = {
    HEADGATE_HOME: folder,
    HEADGATE_EVENT_LOGS: join(REPOSITORY, 'examples', 'event-logs'),
    LOG_LEVEL: 'silent',
  };
  app = await createApp(await loadConfiguration({}, { env }));
  const { url } = await app.gateway.listen({ host: '127.0.0.1', port: 0 });
  [client, plain] = await Promise.all([connect(url, VIEWS), connect(url, {})]);
  hostScript = await bundleHost();
  browser = await openBrowser();
});

afterAll(async () => {
  await browser.close();
  await Promise.all([client.close(), plain.close()]);
  await app.close();
  rmSync(folder, { recursive: true, force: true });
});

async function bundleHost(): Promise<string> {
  const entry = join(REPOSITORY, 'web', 'report', 'test-host', 'host.ts');
  const built = (await build({
    configFile: false,
    logLevel: 'error',
    build: { write: false, lib: { entry, formats: ['iife'], name: 'bundle', fileName: 'bundle' } },
  })) as Rolldown.RolldownOutput[];
  return built[0]?.output[0].code ?? '';
}

/** Calls get_job_bottlenecks as a chat client does, and shows the page that the tool names. */
async function openView(page: Page): Promise<Frame> {
  const { tools } = await client.listTools();
  const meta = tools.find(({ name }) => name === 'get_job_bottlenecks')?._meta as
    | { ui: { resourceUri: string } }
    | undefined;
  const { contents } = await client.readResource({ uri: meta?.ui.resourceUri ?? '' });
  const [content] = contents as Array<{ text: string }>;
  await page.route('http://host.test/', (route) => route.fulfill({ contentType: 'text/html', body: HOST_PAGE }));
  await page.route('http://view.test/report', (route) =>
    route.fulfill({
      contentType: 'text/html',
      headers: { 'content-security-policy': HOST_POLICY },
      body: content?.text ?? '',
    }),
  );
  await page.exposeFunction('callServerTool', (params: { name: string; arguments?: Record<string, unknown> }) =>
    client.callTool(params),
  );
  await page.goto('http://host.test/');
  await page.addScriptTag({ content: hostScript });
  const args = { app_id: SLOW };
  const result = await client.callTool({ name: 'get_job_bottlenecks', arguments: args });
  await page.evaluate(`host.open('http://view.test/report', ${JSON.stringify(args)}, ${JSON.stringify(result)})`);
  const frame = page.frames().find((one) => one.url() === 'http://view.test/report');
  if (frame === undefined) throw new Error('the page was not framed');
  await frame.locator('.verdict').waitFor();
  return frame;
}

describe('the report inside a chat client', () => {
  it('is named by the tool, under the new key and the old one [report.mcp-app]', async () => {
    const { tools } = await client.listTools();
    const metaOf = (name: string) => tools.find((tool) => tool.name === name)?._meta;
    expect(metaOf('get_job_bottlenecks')).toEqual({
      ui: { resourceUri: 'ui://headgate/report.html' },
      'ui/resourceUri': 'ui://headgate/report.html',
    });
    expect(metaOf('get_report_view')).toEqual({ ui: { visibility: ['app'] } });
    const listed = JSON.stringify(tools.find(({ name }) => name === 'get_report_view'));
    expect(encode(listed).length).toBeLessThanOrEqual(80);
    const { resources } = await client.listResources();
    expect(resources.find(({ uri }) => uri === 'ui://headgate/report.html')).toMatchObject({
      mimeType: 'text/html;profile=mcp-app',
      _meta: { ui: { prefersBorder: true, permissions: { clipboardWrite: {} } } },
    });
    const { contents } = await client.readResource({ uri: 'ui://headgate/report.html' });
    expect(contents[0]).toMatchObject({
      mimeType: 'text/html;profile=mcp-app',
      _meta: { ui: { prefersBorder: true } },
    });
  });

  it('costs clients that show no views nothing [report.mcp-app-free]', async () => {
    const { tools } = await plain.listTools();
    expect(tools.map(({ name }) => name)).not.toContain('get_report_view');
    expect(tools.filter(({ _meta }) => _meta !== undefined)).toEqual([]);
  });

  it('shows verdict and findings first, and the rest when it is asked for, without an error [report.mcp-app]', async () => {
    const { page, problems, requests } = await watchedPage(browser);
    const frame = await openView(page);
    expect(await frame.locator('h1').textContent()).toBe('nightly-orders-etl');
    expect(await frame.locator('.finding').count()).toBeGreaterThan(0);
    expect(await frame.locator('section:visible').count()).toBe(2);
    await frame.locator('.more').click();
    expect(await page.evaluate('host.modes')).toEqual(['fullscreen']);
    expect(await frame.locator('section:visible').count()).toBeGreaterThan(5);
    await expect.poll(() => page.evaluate<number>('host.sizes.at(-1).height')).toBeGreaterThan(1000);
    let top = 0;
    const scrolled = async () => {
      top += 300;
      await page.evaluate(`window.scrollTo(0, ${top})`);
      return frame.locator('[data-chart] svg').count();
    };
    await expect.poll(scrolled, { timeout: 30_000 }).toBeGreaterThan(4);
    expect(problems).toEqual([]);
    expect(requests.filter((url) => !/^http:\/\/(?:host|view)\.test\//.test(url))).toEqual([]);
    await page.context().close();
  });

  it('follows the theme of its host, not the one of the system [report.mcp-app] [report.contrast]', async () => {
    const { page, problems } = await watchedPage(browser, { colorScheme: 'light' });
    const frame = await openView(page);
    const background = () => frame.evaluate<string>('getComputedStyle(document.body).backgroundColor');
    const light = await background();
    await page.evaluate('host.setTheme("dark")');
    await expect.poll(background).not.toBe(light);
    expect(await frame.evaluate(LOW_CONTRAST)).toEqual([]);
    expect(problems).toEqual([]);
    await page.context().close();
  });

  it('fits into a narrow chat [report.narrow]', async () => {
    const { page } = await watchedPage(browser, { viewport: { width: 376, height: 700 } });
    const frame = await openView(page);
    await frame.locator('.more').click();
    const width = await frame.evaluate<number>('document.documentElement.scrollWidth');
    expect(width).toBeLessThanOrEqual(await frame.evaluate<number>('innerWidth'));
    await page.context().close();
  });
});
