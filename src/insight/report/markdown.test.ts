import { describe, expect, it } from 'vitest';
import { buildApplication, oneStage } from '../fixtures/application-builder.ts';
import { readRecorded } from '../fixtures/recorded.ts';
import { renderMarkdown } from './markdown.ts';
import { escapeMarkdown, fenced } from './markdown-text.ts';
import { buildReport } from './model/build-report.ts';

const JOINER = '\u2060';

describe('text of a log in Markdown', () => {
  it.each([
    ['[a](http://x)', `\\[a\\](http:${JOINER}//x)`],
    ['<img src=x onerror=1>', '\\<img src=x onerror=1\\>'],
    ['@team fixes #12 and !3', `@${JOINER}team fixes #${JOINER}12 and !${JOINER}3`],
    ['**b** _i_ `c` ~s~ $m$ a|b', '\\*\\*b\\*\\* \\_i\\_ \\`c\\` \\~s\\~ \\$m\\$ a\\|b'],
    ['# heading', '\\# heading'],
    ['- item', '\\- item'],
    ['1. item', `1${JOINER}. item`],
    ['www.example.com &lt;', `www${JOINER}.example.com &amp;lt;`],
    ['one\n\n# two\u202e\u2028three', 'one # two three'],
    ['plain words, 12.5 s (7 %)', 'plain words, 12.5 s (7 %)'],
  ])('%j is shown as it is [report.hostile-text]', (text, escaped) => {
    expect(escapeMarkdown(text)).toBe(escaped);
  });

  it('ends no block of code [report.hostile-text]', () => {
    expect(fenced('a\n```\nb', 'sh')).toBe('````sh\na\n```\nb\n````');
  });
});

describe('the report in Markdown', () => {
  it('has verdict, findings with evidence, patch, time and stages [report.markdown]', async () => {
    const [application] = await readRecorded('4.3/failed-udf');
    if (application === undefined) throw new Error('no application');
    const text = renderMarkdown(buildReport(application));
    const headings = [...text.matchAll(/^#{2,3} (.*)$/gm)].map(([, heading]) => heading);
    expect(headings[0]).toMatch(/^FAILED: /);
    expect(headings.slice(1, 3)).toEqual(['Findings', 'Where the time went']);
    expect(text).toMatch(/\*\*critical: .*\*\*/);
    expect(text).toContain('- **Do:** ');
    expect(text).toContain('| Stage | Line of code | Status | Wall time | Tasks | Read | Spilled |');
  });

  it('gives the patch as a block to copy [report.markdown]', () => {
    const model = { ...buildReport(buildApplication()), conf: { 'spark.a': '1', 'spark.b': "it's $5" } };
    expect(renderMarkdown(model)).toContain("```sh\n--conf spark.a=1 \\\n--conf 'spark.b=it'\\''s $5'\n```");
  });

  it('keeps hostile names out of its structure [report.hostile-text]', () => {
    const name = 'x\n# Pwned\n| a | b |\n<script>@everyone [click](http://evil)';
    const text = renderMarkdown(buildReport(oneStage([{ to: 1000 }], { name, user: name })));
    expect(text).not.toMatch(/^# Pwned/m);
    expect(text).not.toMatch(/<script>|@everyone|(?<!\\)\]\(http/);
  });
});
