import { describe, expect, it } from 'vitest';
import { HeadgateError } from '../../kernel/errors.ts';
import type { KeptHeadline, LogSummaryPort } from '../../kernel/log-summaries.ts';
import { buildApplication } from './fixtures/application-builder.ts';
import { callTool } from './fixtures/call-tool.ts';
import { FakeEngine, fakeHistory, fakeLog, folderSource } from './fixtures/fake-logs.ts';
import { listApplications } from './tools/list-applications.ts';

const signal = new AbortController().signal;
const full = new HeadgateError('resource_exhausted', 'The disk of the store is full.');

/** A store in memory that several gateways share, and that can fail. */
class FakeStore implements LogSummaryPort {
  readonly kept = new Map<string, Map<string, KeptHeadline>>();
  readonly loads: string[] = [];
  failing: 'reads' | 'writes' | 'both' | null = null;

  async headlines(scope: { tenant: string; source: string; engine: string }): Promise<KeptHeadline[]> {
    if (this.failing === 'reads' || this.failing === 'both') throw full;
    this.loads.push(keyOf(scope));
    return [...(this.kept.get(keyOf(scope))?.values() ?? [])];
  }

  async keepHeadlines(
    scope: { tenant: string; source: string; engine: string },
    kept: readonly KeptHeadline[],
    gone: readonly string[],
  ): Promise<void> {
    if (this.failing === 'writes' || this.failing === 'both') throw full;
    const held = this.kept.get(keyOf(scope)) ?? new Map<string, KeptHeadline>();
    for (const path of gone) held.delete(path);
    for (const one of kept) held.set(one.path, one);
    this.kept.set(keyOf(scope), held);
  }

  read = () => Promise.resolve(null);
  write = () => Promise.resolve();
}

const keyOf = ({ tenant, source, engine }: { tenant: string; source: string; engine: string }) =>
  [tenant, source, engine].join(' ');

const logs = () => [1, 2, 3].map((n) => fakeLog(buildApplication({ appId: `app-${n}`, name: `run ${n}` })));

/** A gateway that has just started, over this store. */
function gateway(store: FakeStore, engine: FakeEngine, made = '1.0 secrets') {
  return fakeHistory(engine, { summaries: { port: store, engine: made } });
}

describe('headlines in the store', () => {
  it('make a restart list without opening a log, and in the same words [sources.headlines-kept]', async () => {
    const store = new FakeStore();
    const engine = new FakeEngine({ '/logs': logs() });
    const first = await gateway(store, engine).applications({ signal });
    expect(engine.headlines).toHaveLength(3);
    const second = await gateway(store, engine).applications({ signal });
    expect(engine.headlines).toHaveLength(3);
    expect(second).toEqual(first);
  });

  it('are asked for once, not with every listing', async () => {
    const store = new FakeStore();
    const history = gateway(store, new FakeEngine({ '/logs': logs() }));
    await history.applications({ signal });
    await history.applications({ signal });
    expect(store.loads).toEqual(['local logs 1.0 secrets']);
  });

  it('are not used for another state of the log [sources.headlines-of-this-engine]', async () => {
    const store = new FakeStore();
    const [log, ...others] = logs();
    if (log === undefined) throw new Error('no log');
    const engine = new FakeEngine({ '/logs': [log, ...others] });
    await gateway(store, engine).applications({ signal });
    log.application = buildApplication({ appId: 'app-1', name: 'grown' });
    log.sizeBytes += 1;
    const { entries } = await gateway(store, engine).applications({ signal });
    expect(engine.headlines.slice(3)).toEqual([log.path]);
    expect(entries.map(({ name }) => name)).toContain('grown');
  });

  it('are not used when another engine or level of redaction made them [sources.headlines-of-this-engine]', async () => {
    const store = new FakeStore();
    const engine = new FakeEngine({ '/logs': logs() });
    await gateway(store, engine).applications({ signal });
    await gateway(store, engine, '1.1 secrets').applications({ signal });
    await gateway(store, engine, '1.1 identities').applications({ signal });
    expect(engine.headlines).toHaveLength(9);
  });

  it('are read again when the store holds something else', async () => {
    const store = new FakeStore();
    const engine = new FakeEngine({ '/logs': logs() });
    const first = await gateway(store, engine).applications({ signal });
    for (const held of store.kept.values()) {
      for (const one of held.values()) held.set(one.path, { ...one, headline: '{"appId":7}' });
    }
    expect(await gateway(store, engine).applications({ signal })).toEqual(first);
    expect(engine.headlines).toHaveLength(6);
  });

  it('are stored when they were read to find one application, too [sources.headlines-kept]', async () => {
    const store = new FakeStore();
    const unnamed = () => ['a', 'b', 'c'].map((id) => fakeLog(buildApplication({ appId: id }), { appIdHint: null }));
    await gateway(store, new FakeEngine({ '/logs': unnamed() })).application('b', { signal });
    const again = new FakeEngine({ '/logs': unnamed() });
    await gateway(store, again).application('c', { signal });
    expect(again.headlines).toEqual([]);
  });

  it('of logs that are gone are forgotten', async () => {
    const store = new FakeStore();
    const [one, two, three] = logs();
    const engine = new FakeEngine({ '/logs': [one, two, three].filter((log) => log !== undefined) });
    await gateway(store, engine).applications({ signal });
    engine.folders.set(
      '/logs',
      [one].filter((log) => log !== undefined),
    );
    await gateway(store, engine).applications({ signal });
    expect([...(store.kept.get('local logs 1.0 secrets')?.keys() ?? [])]).toEqual([one?.path]);
  });

  it('are kept for the tenant that may read the source', async () => {
    const store = new FakeStore();
    const sources = [{ ...folderSource('logs', '/logs'), tenants: ['owner', 'other'] }];
    const history = fakeHistory(new FakeEngine({ '/logs': logs() }), {
      sources,
      summaries: { port: store, engine: '1' },
    });
    await history.seenBy({ tenant: 'other' }).applications({ signal });
    expect([...store.kept.keys()]).toEqual(['owner logs 1']);
  });

  it('hold no secret that a name holds', async () => {
    const store = new FakeStore();
    const secret = fakeLog(buildApplication({ name: 'load --password=hunter2secret' }));
    await gateway(store, new FakeEngine({ '/logs': [secret] })).applications({ signal });
    const kept = JSON.stringify([...store.kept.values()].map((held) => [...held.values()]));
    expect(kept).toContain('load --password=');
    expect(kept).not.toContain('hunter2secret');
  });
});

describe('a store that fails', () => {
  it.each(['reads', 'writes', 'both'] as const)(
    'in %s never fails a listing [sources.store-failure-noted]',
    async (failing) => {
      const store = new FakeStore();
      store.failing = failing;
      const { entries } = await gateway(store, new FakeEngine({ '/logs': logs() })).applications({ signal });
      expect(entries).toHaveLength(3);
    },
  );

  it('makes the answer say what was not stored, until it was [sources.store-failure-noted]', async () => {
    const store = new FakeStore();
    const engine = new FakeEngine({ '/logs': logs() });
    const history = gateway(store, engine);
    store.failing = 'writes';
    const { gaps } = await callTool(listApplications, history, {});
    expect(gaps).toEqual([
      expect.stringContaining('3 headlines of source logs were not stored: The disk of the store is full.'),
    ]);
    store.failing = null;
    expect((await callTool(listApplications, history, {})).gaps).toEqual([]);
    expect(store.kept.get('local logs 1.0 secrets')?.size).toBe(3);
    expect(engine.headlines).toHaveLength(3);
  });
});
