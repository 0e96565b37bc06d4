import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { expect } from 'vitest';
import { installChromium } from '../../stack/chromium.ts';

/** A real browser. `--no-sandbox` because tests run as root in containers, where Chromium's own sandbox cannot start. */
export async function openBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: await installChromium(), args: ['--no-sandbox'] });
}

/** A page, and what went wrong on it: errors and warnings of the console, exceptions, breaches of its policy, requests. */
export interface WatchedPage {
  readonly page: Page;
  readonly problems: string[];
  /** URLs that were asked for, other than the page's own. */
  readonly requests: string[];
}

/** Opens an empty page whose console and requests are recorded. */
export async function watchedPage(browser: Browser, options: BrowserContextOptions = {}): Promise<WatchedPage> {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const problems: string[] = [];
  const requests: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') problems.push(message.text());
  });
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('request', (request) => {
    const url = request.url();
    if (!url.startsWith('file:') && !url.startsWith('data:')) requests.push(url);
  });
  return { page, problems, requests };
}

/** Script for a page: whether every chart that is in sight is drawn. */
const SIGHT_IS_DRAWN = `[...document.querySelectorAll('.live [data-chart]')].every((place) => {
  const { top, bottom } = place.getBoundingClientRect();
  return bottom < 0 || top > innerHeight || !place.checkVisibility() || place.querySelector('svg') !== null;
})`;

/** Scrolls through the page until every chart is drawn, and comes back to its top. Errors: one that is in sight and is not. */
export async function scrollThrough(page: Page): Promise<void> {
  const height = await page.evaluate<number>('document.documentElement.scrollHeight');
  for (let top = 0; top < height; top += 600) {
    await page.evaluate(`window.scrollTo(0, ${top})`);
    await expect.poll(() => page.evaluate(SIGHT_IS_DRAWN), { interval: 20, timeout: 30_000 }).toBe(true);
  }
  await page.evaluate('window.scrollTo(0, 0)');
}

/** Opens everything that is folded. */
export const unfold = (page: Page): Promise<unknown> =>
  page.evaluate('document.querySelectorAll("details").forEach((part) => { part.open = true; })');
