import { describe, expect, it } from 'vitest';
import { HeadgateError } from '../../kernel/errors.ts';
import { argumentsFor } from './fixtures/arguments-for.ts';
import { FakeEngine, fakeHistory, fakeLog, toolContext } from './fixtures/fake-logs.ts';
import { sampleApplication } from './fixtures/sample-application.ts';
import type { LogReader } from './log-reader.ts';
import { sparkHistorySurface } from './surface.ts';

const never = () => new Promise<never>(() => undefined);
const DEADLINE_MS = 20;

/** A history of a good source and of one that does what `reader` says. */
function beside(reader: Partial<LogReader>, parts: { sourceDeadlineMs?: number } = {}) {
  const engine = new FakeEngine({
    '/good': [sampleApplication(), sampleApplication({ appId: 'app-2' })].map((one) => fakeLog(one)),
    '/slow': [fakeLog(sampleApplication({ appId: 'app-slow' }), { path: '/slow/log' })],
  });
  const readerOf = (source: { name: string }): LogReader => ({
    ...engine.readerAt(`/${source.name}`),
    ...(source.name === 'slow' ? reader : {}),
  });
  return fakeHistory(engine, { readerOf, sourceDeadlineMs: DEADLINE_MS, ...parts });
}

const HANGS = 'could not be asked: «No answer within 0.02 s.»';
const signal = new AbortController().signal;

describe('a source that hangs', () => {
  it.each([
    ['its listing', { findLogs: never }],
    ['a headline', { readHeadline: never }],
  ])(
    'at %s does not hold the list of the others, and is named in it [sources.asked-in-parallel]',
    async (_, reader) => {
      const { entries, unreachable } = await beside(reader).applications({ signal });
      expect(entries.map(({ appId }) => appId).toSorted()).toEqual(['app-1', 'app-2']);
      expect(unreachable).toEqual([{ server: 'slow', message: '«No answer within 0.02 s.»' }]);
    },
  );

  it('does not hold an application that another one has [sources.asked-in-parallel]', async () => {
    const { server, notes } = await beside({ findLogs: never }).application('app-1', { signal });
    expect([server, notes]).toEqual(['good', [`Source slow ${HANGS}`]]);
  });

  it('has its reading stopped when the others have waited long enough [sources.asked-in-parallel]', async () => {
    const stopped = Promise.withResolvers<boolean>();
    const findLogs: LogReader['findLogs'] = (options) => {
      options.signal?.addEventListener('abort', () => stopped.resolve(true));
      return never();
    };
    await beside({ findLogs }).applications({ signal });
    expect(await stopped.promise).toBe(true);
  });

  it('is waited for as long as its caller likes when it is asked alone', async () => {
    const { promise, resolve } = Promise.withResolvers<{ logs: []; ignored: [] }>();
    const asked = beside({ findLogs: () => promise }, { sourceDeadlineMs: 1 }).applications({ server: 'slow', signal });
    setTimeout(() => resolve({ logs: [], ignored: [] }), 10);
    expect((await asked).unreachable).toEqual([]);
    const controller = new AbortController();
    const left = beside({ readHeadline: never }).applications({ server: 'slow', signal: controller.signal });
    setTimeout(() => controller.abort(), 1);
    await expect(left).rejects.toMatchObject({ code: 'cancelled' });
  });
});

describe('a source that cannot be asked', () => {
  const history = beside({ findLogs: () => Promise.reject(new HeadgateError('unavailable', 'no such host')) });
  const { tools, resources, prompts } = sparkHistorySurface(history);
  const context = toolContext();
  const NAMED = /Source slow could not be asked: «no such host»/;

  it.each(tools.map((tool) => [tool.name, tool] as const))(
    'is named by %s [sources.unreachable-everywhere]',
    async (_, tool) => {
      const output = await tool.call(tool.input.parse(argumentsFor(tool, 'app-1')), context);
      expect(JSON.stringify(output)).toMatch(NAMED);
    },
  );

  it('is named by every resource [sources.unreachable-everywhere]', async () => {
    for (const resource of resources) {
      const read = await resource.read({ id: 'app-1', stage: '1', execution: '0' }, context);
      expect(JSON.stringify(read)).toMatch(NAMED);
    }
  });

  it('is named by every prompt [sources.unreachable-everywhere]', async () => {
    for (const prompt of prompts) {
      const text = await prompt.render({ app_id: 'app-1', app_a: 'app-1', app_b: 'app-2' }, context);
      expect(JSON.stringify(text)).toMatch(NAMED);
    }
  });

  it('does not fail what is listed and completed from the others', async () => {
    expect(await resources[0]?.list?.(context)).toHaveLength(2);
    expect(await resources[0]?.complete?.id?.('app', {}, context.caller)).toEqual(['app-1', 'app-2']);
  });
});
