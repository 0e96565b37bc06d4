import { describe, expect, it } from 'vitest';
import { describeRun } from '../facts/run.ts';
import { oneStage } from '../fixtures/application-builder.ts';
import { readRecorded } from '../fixtures/recorded.ts';
import { memoryOverhead } from './memory-overhead.ts';

const GIB = 1024 ** 3;
const YARN =
  'Container killed by YARN for exceeding physical memory limits. 5.0 GB of 4.5 GB physical memory used. Consider boosting spark.executor.memoryOverhead.';

const found = (removeReason: string, peakMetrics: Record<string, number> = {}, master = 'yarn') =>
  memoryOverhead.evaluate(
    describeRun(
      oneStage(
        [
          {
            to: 9000,
            outcome: 'FAILED',
            executor: '1',
            error: `ExecutorLostFailure (executor 1 exited): ${removeReason}`,
          },
          { to: 9000, outcome: 'FAILED', executor: '2', error: 'ExecutorLostFailure (executor 2 exited)' },
          { to: 5000, executor: '2' },
        ],
        {
          spark: { 'spark.executor.memory': '4g', 'spark.master': master },
          executors: [{ executorId: '1', to: 20_000, removeReason, peakMetrics }, { executorId: '2' }],
        },
      ),
    ),
  );

describe('spark/memory-overhead', () => {
  it('finds a container that YARN killed, sizes the overhead by what was in use, and drops what died with it [insight-resource-rules.memory-overhead]', () => {
    const [finding] = found(YARN);
    expect(finding).toMatchObject({
      title: '1 executor was killed for more memory than the container allows',
      severity: 'warning',
      confidence: 0.95,
      // 5 GiB × 1.2 − 4 GiB.
      conf: { 'spark.executor.memoryOverhead': '2g' },
      changes: [{ kind: 'drop-attempts', rows: [0] }],
      stages: ['stages/0.0'],
    });
    expect(finding?.evidence[0]).toMatchObject({ address: 'executors/1' });
    expect(finding?.evidence[0]?.fact).toContain(`«${YARN}»`);
  });

  it('doubles the overhead where Kubernetes says no more than OOMKilled', () => {
    const [finding] = found(
      'The executor with id 1 exited with exit code 137(SIGKILL, possible container OOM). OOMKilled',
      {},
      'k8s://https://api',
    );
    // 10 % of 4 GiB, twice, to the next 256 MiB.
    expect(finding?.conf).toEqual({ 'spark.executor.memoryOverhead': '1g' });
  });

  it('takes exit code 137 for the limit only where resident memory reached 95 % of it [insight-resource-rules.memory-overhead]', () => {
    const limit = 4 * GIB + 0.1 * 4 * GIB;
    const killed = 'Container marked as failed. Exit status: 137.';
    const at = (bytes: number, master?: string) => found(killed, { ProcessTreeJVMRSSMemory: bytes }, master).length;
    expect([at(0.95 * limit), at(0.95 * limit - 1), at(limit, 'spark://host:7077')]).toEqual([1, 0, 0]);
    expect(found(killed)).toEqual([]);
  });

  it('adds the memory of Python to that of the JVM', () => {
    const [finding] = found('Exit status: 137.', { ProcessTreeJVMRSSMemory: 4 * GIB, ProcessTreePythonRSSMemory: GIB });
    expect(finding?.confidence).toBe(0.7);
    expect(finding?.evidence[1]).toMatchObject({ metric: 'peak_process_bytes', value: 5 * GIB });
  });

  it('leaves an executor that was let go, and a real one that was killed by hand, to others [insight-resource-rules.near-misses]', async () => {
    expect(found('Executor killed by driver.')).toEqual([]);
    const [application] = await readRecorded('4.3/lost-executor');
    expect(application === undefined ? null : memoryOverhead.evaluate(describeRun(application))).toEqual([]);
  });
});
