import type { JSONRPCMessage } from '@modelcontextprotocol/server';
import { describe, expect, it } from 'vitest';
import { ReplayBuffer } from './replay-buffer.ts';

const message = (id: number): JSONRPCMessage => ({ jsonrpc: '2.0', id, result: {} });

async function replayed(store: ReturnType<ReplayBuffer['storeOf']>, lastEventId: string): Promise<JSONRPCMessage[]> {
  const seen: JSONRPCMessage[] = [];
  await store.replayEventsAfter(lastEventId, {
    send: async (_eventId, sent) => {
      seen.push(sent);
    },
  });
  return seen;
}

describe('ReplayBuffer', () => {
  it('replays the later messages of the same stream, without the empty one that opens it [gateway.sessions-resume]', async () => {
    const store = new ReplayBuffer().storeOf({});
    const opened = await store.storeEvent('a', {} as JSONRPCMessage);
    await store.storeEvent('a', message(1));
    await store.storeEvent('b', message(2));
    const last = await store.storeEvent('a', message(3));
    expect(await replayed(store, opened)).toEqual([message(1), message(3)]);
    expect(await replayed(store, last)).toEqual([]);
  });

  it('shows a session no event of another one [gateway.sessions-resume]', async () => {
    const buffer = new ReplayBuffer();
    const id = await buffer.storeOf({}).storeEvent('a', message(1));
    const other = buffer.storeOf({});
    expect(await other.getStreamIdForEventId?.(id)).toBeUndefined();
    await expect(replayed(other, id)).rejects.toThrow(RangeError);
  });

  it('keeps to its bytes: the oldest go first [gateway.sessions-resume]', async () => {
    const store = new ReplayBuffer(JSON.stringify(message(1)).length * 2).storeOf({});
    const ids = [];
    for (const id of [1, 2, 3]) ids.push(await store.storeEvent('a', message(id)));
    const [first = '', second = ''] = ids;
    expect(await store.getStreamIdForEventId?.(first)).toBeUndefined();
    expect(await replayed(store, second)).toEqual([message(3)]);
  });

  it('forgets a session that ended [gateway.sessions-end]', async () => {
    const buffer = new ReplayBuffer();
    const session = {};
    const store = buffer.storeOf(session);
    const id = await store.storeEvent('a', message(1));
    buffer.forget(session);
    expect(await store.getStreamIdForEventId?.(id)).toBeUndefined();
  });
});
