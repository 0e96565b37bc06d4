import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { localCaller } from '../../../src/gateway/index.ts';
import { call, connectHttp, post, startGateway } from './harness.ts';

describe('the audit log', () => {
  it('has one row a call: who, over what, which tool, argument hash, outcome, time [gateway.audit]', async () => {
    const { gateway, url, audit } = await startGateway();
    await gateway.callTool('list_rows', { total: 1, length: 2 }, localCaller('cli'));
    await post(url, '/api/v1/tools/list_rows', { length: 2, total: 1 });
    await post(url, '/api/v1/tools/fail', { code: 'not_found' });
    await post(url, '/api/v1/tools/fail', {});
    await post(url, '/api/v1/tools/nothing', {});
    await call(await connectHttp('sdk-v2-2026-07-28', url), 'create_thing', { name: 'x' });
    expect(audit.map(({ tool, via, outcome }) => [tool, via, outcome])).toEqual([
      ['list_rows', 'cli', 'ok'],
      ['list_rows', 'rest', 'ok'],
      ['fail', 'rest', 'not_found'],
      ['fail', 'rest', 'invalid_argument'],
      ['nothing', 'rest', 'not_found'],
      ['create_thing', 'mcp-http', 'ok'],
    ]);
    const [first, second] = audit;
    const hash = createHash('sha256').update('{"length":2,"total":1}').digest('hex');
    expect([first?.argumentsHash, second?.argumentsHash]).toEqual([hash, hash]);
    for (const entry of audit) {
      expect(entry).toMatchObject({ tenant: 'local', subject: 'local' });
      expect(entry.durationMs).toBeGreaterThanOrEqual(0);
      expect(entry.at).toBeInstanceOf(Date);
    }
  });

  it('keeps no arguments [gateway.audit]', async () => {
    const { gateway, audit } = await startGateway();
    await gateway.callTool('create_thing', { name: 'do-not-keep' }, localCaller('cli'));
    expect(JSON.stringify(audit)).not.toContain('do-not-keep');
  });

  it('that fails loses no result: it is logged and counted [gateway.audit]', async () => {
    const audit = {
      record: () => Promise.reject(new Error('disk full')),
      recent: async () => [],
    };
    const { gateway, url, log } = await startGateway({ audit });
    expect((await post(url, '/api/v1/tools/list_rows', { total: 0 })).status).toBe(200);
    expect((await gateway.callTool('create_thing', { name: 'x' }, localCaller('cli'))).output).toEqual({
      created: 'x',
    });
    const metrics = await (await fetch(new URL('/metrics', url))).text();
    expect(metrics).toContain('\nheadgate_audit_failures_total 2\n');
    expect(log.map(({ msg, tool }) => [msg, tool])).toEqual([
      ['a call could not be audited', 'list_rows'],
      ['a call could not be audited', 'create_thing'],
    ]);
  });

  it('is written before the answer to what changes something, and not waited for otherwise [gateway.audit]', async () => {
    const written = Promise.withResolvers<void>();
    const { gateway } = await startGateway({ audit: { record: () => written.promise, recent: async () => [] } });
    await gateway.callTool('list_rows', {}, localCaller('cli'));
    let answered = false;
    const change = gateway.callTool('create_thing', { name: 'x' }, localCaller('cli')).then(() => {
      answered = true;
    });
    await gateway.callTool('list_rows', {}, localCaller('cli'));
    expect(answered).toBe(false);
    written.resolve();
    await change;
  });
});
