import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { localCaller } from '../../../src/gateway/index.ts';
import type { AuditEntry } from '../../../src/kernel/audit.ts';
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
      ['create_thing', 'mcp-http', 'started'],
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

  it('that fails leaves reading as it is: the answer says so on every face, and it is logged and counted [store.reads-go-on]', async () => {
    const audit = { record: () => Promise.reject(new Error('disk full')), recent: async () => [] };
    const { gateway, url, log } = await startGateway({ audit });
    const said = 'This call is not in the audit log: the store could not take it.';
    const rest = await post(url, '/api/v1/tools/list_rows', { total: 0 });
    expect([rest.status, rest.headers.get('headgate-not-stored')]).toEqual([200, said]);
    const { text, unstored } = await gateway.callTool('list_rows', { total: 0 }, localCaller('cli'));
    expect([text.endsWith(said), unstored]).toEqual([true, said]);
    const mcp = await call(await connectHttp('sdk-v2-2026-07-28', url), 'list_rows', { total: 0 });
    expect((mcp as { _meta?: unknown })._meta).toMatchObject({ 'headgate/not-stored': said });
    expect(mcp.isError ?? false).toBe(false);
    const metrics = await (await fetch(new URL('/metrics', url))).text();
    expect(metrics).toContain('\nheadgate_audit_failures_total 3\n');
    expect(log.map(({ msg, tool }) => [msg, tool])).toEqual(
      Array.from({ length: 3 }, () => ['a call could not be audited', 'list_rows']),
    );
  });

  it('that fails keeps what changes something from running [store.no-change-unaudited]', async () => {
    const audit = { record: () => Promise.reject(new Error('disk full')), recent: async () => [] };
    const { gateway, stage } = await startGateway({ audit });
    await expect(gateway.callTool('create_thing', { name: 'x' }, localCaller('cli'))).rejects.toMatchObject({
      code: 'unavailable',
      message: 'create_thing was not run: it cannot be written to the audit log.',
    });
    expect(stage.changed).toEqual([]);
  });

  it('that fails after a change says that its outcome is not written [store.no-change-unaudited]', async () => {
    const audit = {
      record: async ({ outcome }: AuditEntry) => {
        if (outcome !== 'started') throw new Error('disk full');
      },
      recent: async () => [],
    };
    const { gateway } = await startGateway({ audit });
    const { output, unstored } = await gateway.callTool('create_thing', { name: 'x' }, localCaller('cli'));
    expect([output, unstored]).toEqual([
      { created: 'x' },
      'This call is not in the audit log: the store could not take it.',
    ]);
  });

  it('is written before a change and before the answer to it; reading waits for it a moment only [gateway.audit] [store.reads-go-on]', async () => {
    const written = Promise.withResolvers<void>();
    const { gateway, stage } = await startGateway({ audit: { record: () => written.promise, recent: async () => [] } });
    const { unstored } = await gateway.callTool('list_rows', {}, localCaller('cli'));
    expect(unstored).toBe('This call is not in the audit log yet: the store does not answer.');
    const change = gateway.callTool('create_thing', { name: 'x' }, localCaller('cli'));
    await gateway.callTool('list_rows', {}, localCaller('cli'));
    expect(stage.changed).toEqual([]);
    written.resolve();
    await change;
    expect(stage.changed).toEqual(['x']);
    expect((await gateway.callTool('list_rows', {}, localCaller('cli'))).unstored).toBe(undefined);
  });
});
