import { describe, expect, it } from 'vitest';
import { buildApplication, oneStage, planNode } from '../../fixtures/application-builder.ts';
import { readRecorded } from '../../fixtures/recorded.ts';
import { buildReport } from '../model/build-report.ts';
import { COMPACT_LIMITS } from '../model/limits.ts';
import { escapeHtml, html, scriptJson } from './markup.ts';
import { renderApp } from './render-app.ts';
import { REPORT_MARK, renderHtml } from './render-html.ts';

const HOSTILE = `</script><script>alert(1)</script><img src=x onerror=alert(2)>"'&\u2028\u202e`;

/** An application whose every name is an attack. */
function hostileApplication() {
  return buildApplication({
    name: HOSTILE,
    user: HOSTILE,
    appId: HOSTILE,
    jobs: [{ jobId: 0, name: HOSTILE, status: 'FAILED', error: HOSTILE, stageIds: [0], sqlExecutionId: 0 }],
    stages: [
      {
        stageId: 0,
        name: HOSTILE,
        status: 'FAILED',
        failureReason: HOSTILE,
        jobIds: [0],
        sqlExecutionId: 0,
        tasks: [{ to: 2000 }, { to: 9000, outcome: 'FAILED', error: HOSTILE, measured: false }],
      },
    ],
    executors: [{ executorId: '1', host: HOSTILE, removeReason: HOSTILE, to: 50_000 }],
    sqlExecutions: [
      {
        executionId: 0,
        description: HOSTILE,
        plan: planNode(HOSTILE, { simpleString: HOSTILE, children: [planNode('Scan')] }),
      },
    ],
  });
}

/** The page without its scripts, which are ours. */
const markupOf = (page: string) =>
  page.replace(/<script>[\s\S]*?<\/script>/g, '').replace(/<style>[\s\S]*?<\/style>/, '');

describe('markup', () => {
  it('escapes text and attributes, keeps markup, joins lists, and shows characters that hide or reorder [report.hostile-text]', () => {
    expect(html`<a title="${'"x" <b>'}">${['<i>', html`<b>${1}</b>`]}${null}</a>`.text).toBe(
      '<a title="&#34;x&#34; &#60;b&#62;">&#60;i&#62;<b>1</b></a>',
    );
    expect(html`${'a\u202eb'}`.text).toBe('a�b');
    expect(escapeHtml(`&<>"'`)).toBe('&#38;&#60;&#62;&#34;&#39;');
  });

  it('writes JSON that ends no script and reads back the same [report.hostile-text]', () => {
    const text = scriptJson({ name: HOSTILE, comment: '<!--' });
    expect(text).not.toMatch(/[<>&\u2028\u2029]/);
    expect(JSON.parse(text)).toEqual({ name: HOSTILE, comment: '<!--' });
  });
});

describe('the HTML report', () => {
  it('turns no text of a log into markup [report.hostile-text]', () => {
    const page = renderHtml([buildReport(hostileApplication())]);
    const markup = markupOf(page);
    expect(markup).not.toMatch(/<img|onerror=alert\(2\)>|<script>alert/);
    expect(markup.match(/<script/g)).toHaveLength(1);
    expect(page.match(/<script>/g)).toHaveLength(1);
    expect(page.match(/<\/script>/g)).toHaveLength(2);
  });

  it('allows its own script by hash and nothing else [report.self-contained]', () => {
    const page = renderHtml([buildReport(buildApplication())]);
    const [, policy = ''] = /Content-Security-Policy" content="([^"]+)"/.exec(page) ?? [];
    expect(policy).toMatch(
      /^default-src 'none'; script-src 'sha256-[\w+/]{43}='; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'$/,
    );
    expect(markupOf(page)).not.toMatch(/(?:src|href)="(?!#|data:)/);
    expect(page.slice(0, 4096)).toContain(REPORT_MARK);
  });

  it('has every part, with the numbers behind each chart as a table [report.views] [report.no-script]', async () => {
    const [application] = await readRecorded('4.3/orders-sql');
    if (application === undefined) throw new Error('no application');
    const page = markupOf(renderHtml([buildReport(application)]));
    const headings = [...page.matchAll(/<h2 id="([a-z]+)"/g)].map(([, id]) => id);
    expect(headings).toEqual(['findings', 'time', 'timeline', 'stages', 'tasks', 'executors', 'plans', 'cost']);
    const charts = new Set([...page.matchAll(/data-chart="([a-z]+)"/g)].map(([, kind]) => kind));
    expect(charts).toEqual(new Set(['timeline', 'gantt', 'histogram', 'scatter', 'occupancy', 'executors', 'plan']));
    expect(page.match(/<summary>Numbers: /g)?.length).toBeGreaterThanOrEqual(5);
    const ids = [...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('leads from evidence to the stage that it names [report.evidence-leads]', () => {
    const application = oneStage([
      ...Array.from({ length: 20 }, () => ({ to: 1000, shuffleRemoteBytesRead: 1e6 })),
      { to: 59_000, shuffleRemoteBytesRead: 5e8 },
    ]);
    const page = renderHtml([buildReport(application)]);
    expect(/<a href="#stage-0.0"><code>stages\/0.0/.test(page)).toBe(true);
    expect(page.includes('<tr id="stage-0.0" tabindex="-1">')).toBe(true);
  });

  it('puts several applications under an index, with ids of their own and headings one level lower [report.several]', () => {
    const models = ['app-1', 'app-2'].map((appId) =>
      buildReport(oneStage([{ to: 900 }], { appId }), { limits: COMPACT_LIMITS }),
    );
    const [first] = models;
    if (first === undefined) throw new Error('no model');
    const page = renderHtml(models, [{ header: { ...first.header, appId: 'app-3' }, verdict: 'Fine.' }]);
    expect(page).toContain('<h1 id="applications">3 applications</h1>');
    expect(page).toContain('<h3 id="a2-findings">');
    expect(page.match(/<h1/g)).toHaveLength(1);
    expect(page).toContain('Reports of the first 2 are below');
    const ids = [...markupOf(page).matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('is a page without a policy of its own where a host sets one [report.mcp-app]', () => {
    const page = renderApp();
    expect(page).not.toContain('Content-Security-Policy');
    expect(page.match(/<script>/g)).toHaveLength(2);
    expect(page).not.toMatch(/<(?:link|img|script)[^>]+(?:src|href)="(?!data:)/);
  });
});
