import { describe, expect, it } from 'vitest';
import { HeadgateError } from '../../kernel/errors.ts';
import type { Tool, ToolContext } from '../../kernel/tool.ts';
import { argumentsFor } from './fixtures/arguments-for.ts';
import { FakeEngine, fakeHistory, fakeLog, folderSource, toolContext } from './fixtures/fake-logs.ts';
import { sampleApplication } from './fixtures/sample-application.ts';
import { sparkHistorySurface } from './surface.ts';

/** In the names of everything that the foreign tenant must not meet. */
const HIDDEN = 'classified';
const HIDDEN_APP = `app-2026-${HIDDEN}`;
const hidden = sampleApplication({ appId: HIDDEN_APP, name: `${HIDDEN} orders`, user: HIDDEN });
const open = sampleApplication({ appId: 'app-2026-public' });
const engine = new FakeEngine({
  [`/${HIDDEN}`]: [fakeLog(hidden, { path: `/${HIDDEN}/log` })],
  '/public': [fakeLog(open, { path: '/public/log' })],
  '/also-public': [fakeLog(open, { path: '/also-public/log' })],
});
const sources = [
  { ...folderSource(HIDDEN, `/${HIDDEN}`), tenants: ['owner', 'auditor'] },
  folderSource('public', '/public'),
];
const history = fakeHistory(engine, { sources });
const { tools, resources, prompts } = sparkHistorySurface(history);

function contextOf(tenant: string): ToolContext {
  const context = toolContext();
  return { ...context, caller: { ...context.caller, tenant } };
}
const OWNER = contextOf('owner');
const STRANGERS = ['stranger', '', 'local', 'OWNER', 'owner ', '__proto__'].map(contextOf);
const stranger = contextOf('stranger');

/** What a caller gets, whether an answer or an error. */
async function answerOf(work: () => Promise<unknown>): Promise<string> {
  try {
    return JSON.stringify((await work()) ?? null);
  } catch (error) {
    if (!(error instanceof HeadgateError)) throw error;
    return JSON.stringify(error.toBody());
  }
}

const withoutItsOwnWords = (answer: string, ...said: string[]) =>
  said.reduce((text, word) => text.replaceAll(word, '…'), answer);

/** What a tool compares an application with: itself, where it takes that. */
const otherThan = ({ name }: Tool, appId: string): string =>
  name === 'evaluate_optimization' ? 'app-2026-public' : appId;

describe('a source of one tenant', () => {
  it('is there for its own tenants [sources.tenants]', async () => {
    for (const { caller } of [OWNER, contextOf('auditor')]) {
      expect(history.seenBy(caller).servers).toEqual([HIDDEN, 'public']);
    }
    // What the owner read is in the caches from here on.
    const read = await Promise.all(
      tools.map((tool) =>
        answerOf(() => tool.call(tool.input.parse(argumentsFor(tool, HIDDEN_APP, otherThan(tool, HIDDEN_APP))), OWNER)),
      ),
    );
    expect(read.filter((answer) => answer.includes('"code"'))).toEqual([]);
    expect(await answerOf(() => resources[0]?.list?.(OWNER) ?? Promise.reject())).toContain(HIDDEN_APP);
  });

  it.each(STRANGERS.map((context) => [context.caller.tenant, context] as const))(
    'does not exist in any list or name for the tenant "%s" [sources.tenants]',
    async (_, context) => {
      const seen = history.seenBy(context.caller);
      const listing = await seen.applications({ signal: context.signal });
      const listed = await Promise.all(resources.map((resource) => resource.list?.(context)));
      expect(seen.servers).toEqual(['public']);
      expect(JSON.stringify([listing, [...listing.onSeveral], listed])).not.toContain(HIDDEN);
    },
  );

  it.each(tools.map((tool) => [tool.name, tool] as const))(
    'does not exist for %s [sources.tenants]',
    async (_, tool) => {
      const shape = Object.keys(tool.input.shape);
      const about = (id: string) => argumentsFor(tool, id, otherThan(tool, id));
      const servers = (name: string) =>
        Object.fromEntries(
          ['server', 'server1', 'server2'].filter((key) => shape.includes(key)).map((key) => [key, name]),
        );
      const ask = (input: Record<string, unknown>) => answerOf(() => tool.call(tool.input.parse(input), stranger));
      const guessed = await ask({
        ...about(HIDDEN_APP),
        ...(tool.name === 'list_applications' ? { app_id: HIDDEN_APP } : {}),
      });
      // The overview is of all applications: nobody can name one to it.
      expect(guessed).toContain(tool.name === 'get_fleet_overview' ? '"runs":1' : '"not_found"');
      // One letter off: the nearest ids must not give it away.
      const near = await ask({
        ...about('app-2026-classifie'),
        ...(tool.name === 'list_applications' ? { app_id: 'app-2026-classifie' } : {}),
      });
      expect(near).not.toContain(HIDDEN);
      const byName = await ask({ ...about('app-2026-public'), ...servers(HIDDEN) });
      const byNobody = await ask({ ...about('app-2026-public'), ...servers('nobody-has') });
      expect(withoutItsOwnWords(byName, HIDDEN)).toBe(withoutItsOwnWords(byNobody, 'nobody-has'));
      expect(withoutItsOwnWords(guessed, HIDDEN_APP)).not.toContain(HIDDEN);
      expect(await ask(about('app-2026-public'))).not.toContain(HIDDEN);
    },
  );

  it('does not exist for any resource, and completes to nothing [sources.tenants]', async () => {
    for (const resource of resources) {
      const variables = { id: HIDDEN_APP, stage: '1', execution: '0' };
      const read = await answerOf(() => resource.read(variables, stranger));
      expect(read).toContain('"not_found"');
      expect(withoutItsOwnWords(read, HIDDEN_APP)).not.toContain(HIDDEN);
      for (const complete of Object.values(resource.complete ?? {})) {
        for (const typed of ['', 'app', HIDDEN_APP]) {
          const offered = await complete(typed, { id: HIDDEN_APP, server: HIDDEN }, stranger.caller);
          expect(JSON.stringify(offered)).not.toContain(HIDDEN);
        }
      }
    }
    expect(await resources[0]?.complete?.id?.('', {}, OWNER.caller)).toContain(HIDDEN_APP);
  });

  it('does not exist for any prompt, and completes to nothing [sources.tenants]', async () => {
    for (const prompt of prompts) {
      for (const server of [undefined, HIDDEN]) {
        const values = {
          app_id: HIDDEN_APP,
          app_a: HIDDEN_APP,
          app_b: HIDDEN_APP,
          ...(server === undefined ? {} : { server }),
        };
        const rendered = await answerOf(() => prompt.render(values, stranger));
        expect(rendered).toContain('"not_found"');
        expect(withoutItsOwnWords(rendered, HIDDEN_APP, `\\"${HIDDEN}\\"`)).not.toContain(HIDDEN);
      }
      for (const { complete } of prompt.arguments) {
        expect(JSON.stringify((await complete?.('', {}, stranger.caller)) ?? [])).not.toContain(HIDDEN);
        expect(JSON.stringify((await complete?.(HIDDEN, {}, stranger.caller)) ?? [])).not.toContain(HIDDEN);
      }
    }
    const server = prompts[0]?.arguments.find(({ name }) => name === 'server');
    expect(await server?.complete?.('', {}, OWNER.caller)).toEqual([HIDDEN, 'public']);
  });

  it('is not asked for a stranger, and its failure is not told to one [sources.tenants]', async () => {
    const broken = new FakeEngine({
      [`/${HIDDEN}`]: new HeadgateError('unavailable', `${HIDDEN} is down`),
      '/public': [fakeLog(open, { path: '/public/log' })],
    });
    const seen = fakeHistory(broken, { sources }).seenBy(stranger.caller);
    const listing = await seen.applications({ signal: stranger.signal });
    const loaded = await seen.application('app-2026-public', { signal: stranger.signal });
    expect([listing.unreachable, loaded.notes]).toEqual([[], []]);
    expect(broken.scans).not.toContain(`/${HIDDEN}`);
  });

  it('tells whom a change of its logs concerns [sources.tenants]', async () => {
    const told: unknown[] = [];
    const changing = new FakeEngine({ [`/${HIDDEN}`]: [], '/public': [] });
    const watched = fakeHistory(changing, { sources, onApplicationsChanged: (tenants) => told.push(tenants) });
    const list = () => watched.seenBy(OWNER.caller).applications({ signal: OWNER.signal });
    await list();
    changing.folders.set(`/${HIDDEN}`, [fakeLog(hidden)]);
    await list();
    changing.folders.set('/public', [fakeLog(open)]);
    await list();
    expect(told).toEqual([['owner', 'auditor'], null]);
  });
});
