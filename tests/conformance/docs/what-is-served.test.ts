import { describe, expect, it } from 'vitest';
import { createSparkHistory } from '../../../src/connectors/spark-history/connector.ts';
import { createMetrics } from '../../../src/gateway/index.ts';
import { startGateway } from '../gateway/harness.ts';
import { TEAM } from '../gateway/test-callers.ts';
import { inlineCode, readText } from './pages.ts';

describe('the compatibility table of the REST', () => {
  it('has every address that is served, and no other as served [docs.rest-table]', () => {
    const { routes = [] } = createSparkHistory({ sources: [] }, { clock: () => 0 });
    const ofAttempts = '/api/v1/applications/:appId/:attemptId/';
    const served = routes.filter(({ path }) => !path.startsWith(ofAttempts)).map(({ path }) => asShown(path));
    const rows = [...readText('docs/rest-compatibility.md').matchAll(/^\| (`[^|]+`) \|[^|]*\| ([^|]+) \|$/gm)];
    const shown = rows
      .filter(([, , beside = '']) => !beside.startsWith('not there'))
      .flatMap(([, addresses = '']) =>
        inlineCode(addresses).map((address) => address.replace(/^APP/, 'applications/ID')),
      );
    expect(shown.length).toBeGreaterThan(20);
    expect([...new Set(shown)].sort()).toEqual([...new Set(served)].sort());
  });
});

/** A route as the table writes it. */
function asShown(path: string): string {
  return path
    .replace('/api/v1/', '')
    .replace(/:(?:attemptId|stageAttemptId)(?:\([^)]*\))?/g, 'ATTEMPT')
    .replace(/:\w+(?:\([^)]*\))?/g, 'ID')
    .replace(/(?<=^applications\/ID\/streaming\/).*/, '…');
}

describe('the security model', () => {
  it('names what is open without a token, and the page for teams what is not [docs.security-model]', async () => {
    const { url } = await startGateway({ auth: TEAM });
    const [, sentence = ''] = /^Without a token there are (.+)$/m.exec(readText('docs/security.md')) ?? [];
    const open = inlineCode(sentence).filter((code) => code.startsWith('/'));
    expect(open).toEqual(['/health', '/ready']);
    const [, table = ''] = readText('docs/team.md').split('| Who calls');
    const callers = inlineCode(table.split('\n\n')[0] ?? '').filter((code) => code.startsWith('/'));
    expect(callers.length).toBeGreaterThan(6);
    const statuses = await Promise.all(callers.map(async (path) => [path, (await fetch(url + path)).status] as const));
    expect(statuses.filter(([, status]) => status !== 401).map(([path]) => path)).toEqual(open);
  });
});

describe('the page of telemetry', () => {
  it('names every metric of Headgate, and no other [docs.telemetry]', async () => {
    const text = await createMetrics().render();
    const metrics = [...text.matchAll(/^# TYPE (headgate_\w+)/gm)].map(([, name]) => name);
    const named = inlineCode(readText('docs/telemetry.md')).filter((code) => code.startsWith('headgate_'));
    expect(metrics.length).toBeGreaterThan(5);
    expect([...new Set(named)].sort()).toEqual(metrics.sort());
  });
});
