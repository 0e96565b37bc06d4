import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { HeadgateError } from '../../kernel/errors.ts';
import { giveOrder, socketPathOf, takeOrders } from './control-socket.ts';

let home: string;
const never = new AbortController().signal;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'headgate-orders-'));
});

afterEach(() => rm(home, { recursive: true, force: true }));

it('carries an order out, tells what happens, and that it is done [up.rolling-restart]', async () => {
  const orders = await takeOrders(home, async (order, tell) => {
    tell(`${order} begins`);
    tell('and ends');
  });
  const said: string[] = [];
  await giveOrder(home, 'rolling-restart', (message) => said.push(message), never);
  expect(said).toEqual(['rolling-restart begins', 'and ends']);
  await orders.close();
});

it('hands on why an order was not carried out [up.rolling-restart]', async () => {
  const orders = await takeOrders(home, async () => {
    throw new HeadgateError('failed_precondition', 'A rolling restart is under way.', { hint: 'Wait for its end.' });
  });
  await expect(giveOrder(home, 'rolling-restart', () => {}, never)).rejects.toMatchObject({
    code: 'failed_precondition',
    message: 'A rolling restart is under way.',
    hint: 'Wait for its end.',
  });
  await orders.close();
});

it('lets one fleet run on a data folder [up.one-fleet]', async () => {
  const orders = await takeOrders(home, async () => {});
  await expect(takeOrders(home, async () => {})).rejects.toThrow('headgate up runs already');
  await orders.close();
  const next = await takeOrders(home, async () => {});
  await next.close();
  await expect(giveOrder(home, 'rolling-restart', () => {}, never)).rejects.toMatchObject({ code: 'not_found' });
});

it('says so when the fleet ends before it is done, and when waiting is interrupted [up.rolling-restart]', async () => {
  const begun = Promise.withResolvers<void>();
  const begunAgain = Promise.withResolvers<void>();
  let count = 0;
  const orders = await takeOrders(home, async () => {
    (count++ === 0 ? begun : begunAgain).resolve();
    await new Promise(() => {});
  });
  const interruption = new AbortController();
  const interrupted = expect(giveOrder(home, 'rolling-restart', () => {}, interruption.signal)).rejects.toMatchObject({
    code: 'cancelled',
  });
  await begun.promise;
  interruption.abort();
  await interrupted;
  const ended = expect(giveOrder(home, 'rolling-restart', () => {}, never)).rejects.toMatchObject({
    code: 'unavailable',
  });
  await begunAgain.promise;
  await orders.close();
  await ended;
});

it('has its socket elsewhere where the name of the folder is too long for one', () => {
  expect(socketPathOf('/srv')).toBe('/srv/run/up.sock');
  const long = socketPathOf(`/${'a'.repeat(120)}`);
  expect(long.length).toBeLessThan(108);
  expect(long).toMatch(/headgate-\d+-[0-9a-f]{16}\/up\.sock$/);
});
