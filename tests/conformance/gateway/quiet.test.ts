import { expect, it } from 'vitest';
import { startGateway } from './harness.ts';

const QUIET_MS = 150;
const LONG_MS = 60_000;

it('waits while requests arrive, those of health checks apart [up.last-arrivals]', async () => {
  const { gateway, url } = await startGateway();
  const ask = async (path: string) => (await fetch(new URL(path, url))).body?.cancel();
  const began = performance.now();
  let ended: number | null = null;
  const waited = gateway.quiet(QUIET_MS, LONG_MS).then(() => {
    ended = performance.now();
  });
  let last = began;
  while (performance.now() - began < 3 * QUIET_MS) {
    last = performance.now();
    await ask('/api/v1/tools');
  }
  while (ended === null) await ask('/ready');
  await waited;
  expect(ended - last).toBeGreaterThanOrEqual(QUIET_MS);
});

it('does not wait for those who never stop [up.last-arrivals]', async () => {
  const { gateway, url } = await startGateway();
  let over = false;
  const waited = gateway.quiet(LONG_MS, QUIET_MS).then(() => {
    over = true;
  });
  while (!over) await (await fetch(new URL('/api/v1/tools', url))).body?.cancel();
  await waited;
});
