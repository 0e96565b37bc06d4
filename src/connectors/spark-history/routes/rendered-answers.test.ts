import { describe, expect, it } from 'vitest';
import { type Application, Streamed } from '../../../eventlog/index.ts';
import type { HttpAnswer } from '../../../kernel/http-route.ts';
import { RenderedAnswers } from './rendered-answers.ts';

const MEBIBYTE = 1024 * 1024;

function setUp() {
  const counts = { made: 0 };
  const answers = new RenderedAnswers((text) => text);
  function* texts(text: string, mebibytes: number): Generator<string> {
    counts.made += 1;
    for (let i = 0; i < mebibytes * 4; i++) yield text.repeat(MEBIBYTE / 4);
  }
  const ask = (application: Application, name: string, { text = 'x', mebibytes = 1 } = {}) =>
    answers.answer(application, name, Streamed.array(texts(text, mebibytes)));
  return { answers, counts, ask };
}

const anApplication = (): Application => ({}) as Application;

async function read({ body }: HttpAnswer): Promise<string> {
  if (typeof body === 'string' || body instanceof Uint8Array) return Buffer.from(body as string).toString();
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(Buffer.from(chunk as string));
  return Buffer.concat(chunks).toString();
}

describe('answers that are kept', () => {
  it('are made once, and are the same bytes [history-rest.kept]', async () => {
    const { counts, ask } = setUp();
    const application = anApplication();
    const first = await read(ask(application, 'stages?'));
    const second = ask(application, 'stages?');
    expect(second.body).toBeInstanceOf(Uint8Array);
    expect((await read(second)) === first).toBe(true);
    // Asked the third time, what is compressed once can be found by the same object.
    expect(ask(application, 'stages?').body).toBe(second.body);
    expect(counts.made).toBe(1);
  });

  it('are those of one application and one question [history-rest.kept]', async () => {
    const { ask } = setUp();
    const application = anApplication();
    await read(ask(application, 'stages?', { text: 'a' }));
    expect(await read(ask(application, 'stages?status=failed', { text: 'b' }))).toContain('bbb');
    expect(await read(ask(anApplication(), 'stages?', { text: 'c' }))).toContain('ccc');
    expect(await read(ask(application, 'stages?', { text: 'd' }))).toContain('aaa');
  });

  it('take no more memory than their bound, and the ones not asked for go first [history-rest.kept]', async () => {
    const { answers, counts, ask } = setUp();
    const application = anApplication();
    for (let i = 0; i < 5; i++) {
      await read(ask(application, `stages?status=${i}`, { mebibytes: 8 }));
      ask(application, 'stages?status=0');
      expect(answers.bytes).toBeLessThanOrEqual(32 * MEBIBYTE);
    }
    expect(counts.made).toBe(5);
    expect(ask(application, 'stages?status=0').body).toBeInstanceOf(Uint8Array);
    expect(ask(application, 'stages?status=1').body).not.toBeInstanceOf(Uint8Array);
  });

  it('are neither short nor longer than half the bound, nor cut by a client that went away [history-rest.kept]', async () => {
    const { answers, ask } = setUp();
    const application = anApplication();
    await read(ask(application, 'long', { mebibytes: 17 }));
    await read(answers.answer(application, 'short', 'x'));
    for await (const _chunk of ask(application, 'left', { mebibytes: 4 }).body as AsyncIterable<Uint8Array>) break;
    expect(answers.bytes).toBe(0);
  });
});
