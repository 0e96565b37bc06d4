import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { REPOSITORY, Sandbox } from './headgate-process.ts';

const RECORDED = join(REPOSITORY, 'tests', 'fixtures', 'spark');
const OLD = join(RECORDED, '3.5', 'orders-sql');
const RECENT = join(RECORDED, '4.3', 'orders-sql');

let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await Sandbox.create();
});

afterAll(() => sandbox.remove());

describe('headgate analyze --baseline', () => {
  it('prints how a run stands to the one before, and what differs [evaluation.command]', async () => {
    const result = await sandbox.run(['analyze', RECENT, '--baseline', OLD]);
    expect(result).toMatchObject({ exitCode: 0, stderr: '' });
    expect(result.stdout).toContain('The candidate took 11 s, the baseline 8.7 s: +27 %.');
    expect(result.stdout).toContain('Spark: 3.5.9 → 4.3.0');
  });

  it('prints JSON with --json, and an error for a baseline without logs [evaluation.command]', async () => {
    const { stdout } = await sandbox.run(['analyze', RECENT, '--baseline', OLD, '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ verdict: 'inconclusive', runs_needed: 3, effect: { ratio: 1.2669 } });
    const missing = await sandbox.run(['analyze', RECENT, '--baseline', sandbox.home, '--json']);
    expect(missing.exitCode).toBe(1);
    expect(JSON.parse(missing.stdout).error.code).toBe('not_found');
  });
});
