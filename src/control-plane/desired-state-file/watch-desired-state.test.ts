import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ControlPlaneRecords } from '../../kernel/control-plane-records.ts';
import { checkObject } from '../desired-state/kinds.ts';
import {
  ALICE,
  controlPlaneOver,
  failing,
  NOW,
  type TemporaryStore,
  temporaryStore,
} from '../history/fixtures/control-plane-under-test.ts';
import { SMALL_BUILDERS } from '../history/fixtures/small-builders.ts';
import { watchDesiredState } from './watch-desired-state.ts';

let store: TemporaryStore;
let folder: string;
let path: string;
let tenants = 0;
let guarded: ReturnType<typeof failing>;
const closing: Array<() => Promise<void>> = [];

beforeAll(async () => {
  store = await temporaryStore();
});

afterAll(() => store.remove());

beforeEach(async () => {
  tenants += 1;
  folder = await mkdtemp(join(tmpdir(), 'headgate-file-'));
  path = join(folder, 'control-plane.yaml');
  guarded = failing(store.store.controlPlane(`file-${tenants}`));
  return async () => {
    for (const close of closing.splice(0).reverse()) await close();
    await rm(folder, { recursive: true, force: true });
  };
});

async function start(policy: 'exclusive' | 'merge' = 'exclusive', records: ControlPlaneRecords = guarded.records) {
  const file = { path, policy };
  const builders = { ...SMALL_BUILDERS, checkObject };
  const started = await controlPlaneOver(records, { file, builders });
  const { controlPlane, reports } = started;
  const report = (message: string) => reports.push(message);
  const watched = await watchDesiredState({ file, controlPlane, records, clock: () => 1_000, report });
  closing.push(
    () => controlPlane.close(),
    () => watched.close(),
  );
  return { ...started, watched, names: () => [...controlPlane.state.clusters].map(({ name }) => name).sort() };
}

const say = (...clusters: string[]) =>
  writeFile(path, `clusters:\n${clusters.map((name) => `  ${name}: { endpoints: ['10.0.0.1:1'] }\n`).join('')}`);

describe('a watched file', () => {
  it('is applied at the start, and again whenever it says something else [control-plane.file]', async () => {
    await say('a', 'b');
    const { names, watched, controlPlane } = await start();
    expect(names()).toEqual(['a', 'b']);
    expect(watched.status()).toEqual({ path, state: 'applied', problem: null, appliedAt: 1_000 });
    expect((await controlPlane.findVersion('1')).author).toEqual({ subject: path, via: 'file', reason: null });
    await say('b', 'c');
    await vi.waitFor(() => expect(names()).toEqual(['b', 'c']), { timeout: 10_000 });
  });

  it('may be replaced by a renamed one, as editors do, and come back after it was gone [control-plane.file-editors]', async () => {
    await say('a');
    const { names, watched, reports } = await start();
    await writeFile(`${path}.new`, 'clusters: { renamed: {} }');
    await rename(`${path}.new`, path);
    await vi.waitFor(() => expect(names()).toEqual(['renamed']), { timeout: 10_000 });
    await rm(path);
    await vi.waitFor(() => expect(watched.status().state).toBe('missing'), { timeout: 10_000 });
    await watched.load();
    expect(names()).toEqual(['renamed']);
    expect(reports.filter((message) => message.includes('cannot be read'))).toHaveLength(1);
    await say('back');
    await vi.waitFor(() => expect(names()).toEqual(['back']), { timeout: 10_000 });
    expect(watched.status().problem).toBeNull();
  });

  it.each([
    ['does not parse', 'clusters: {'],
    ['is half written', ''],
    ['is refused', 'clusters: { a: { endpoint: [x] } }'],
  ])(
    'that %s leaves the last good content, and is told of once [control-plane.file-last-good]',
    async (_what, text) => {
      await say('a');
      const { names, watched, reports, controlPlane } = await start();
      await writeFile(path, text);
      expect((await watched.load()).state).toBe('refused');
      await watched.load();
      await watched.load();
      expect(names()).toEqual(['a']);
      expect(watched.status().problem?.message).toContain(path);
      expect(reports.filter((message) => message.includes('was refused'))).toHaveLength(1);
      expect((await controlPlane.versions({ limit: 1, before: null })).total).toBe(1);
      await writeFile(path, '{}');
      expect((await watched.load()).state).toBe('applied');
      expect(names()).toEqual([]);
    },
  );

  it('is not applied again at the next start, so that a rollback holds until it changes [control-plane.file-rollback-holds]', async () => {
    await say('a');
    const first = await start();
    await say('b');
    await first.watched.load();
    await first.controlPlane.rollback('1', ALICE, { ...NOW, force: false });
    const again = await start();
    expect(again.names()).toEqual(['a']);
    await again.watched.load({ again: true });
    expect(again.names()).toEqual(['b']);
    await say('c');
    await again.watched.load();
    expect(again.names()).toEqual(['c']);
  });

  it('is applied when the store is back [control-plane.store-down]', async () => {
    await say('a');
    const { names, watched } = await start();
    guarded.switch.down = true;
    await say('b');
    expect((await watched.load()).problem?.code).toBe('unavailable');
    guarded.switch.down = false;
    expect((await watched.load()).state).toBe('applied');
    expect(names()).toEqual(['b']);
  });

  it('removes only what it said itself when others write as well [control-plane.file-merge]', async () => {
    await say('a', 'b');
    const { controlPlane, names, watched } = await start('merge');
    await controlPlane.apply([{ kind: 'clusters', name: 'rest', spec: {} }], ALICE, NOW);
    await controlPlane.apply([{ kind: 'clusters', name: 'b', spec: null }], ALICE, NOW);
    await say('c');
    expect((await watched.load()).state).toBe('applied');
    expect(names()).toEqual(['c', 'rest']);
  });
});
