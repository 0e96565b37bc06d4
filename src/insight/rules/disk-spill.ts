import { countNoun, formatBytes, formatDuration } from '../../kernel/units.ts';
import type { Run } from '../facts/run.ts';
import {
  adaptiveEnabled,
  describeSetting,
  doubledMemory,
  executionOf,
  memoryKey,
  planHas,
  settingOf,
} from '../facts/settings.ts';
import type { StageFacts } from '../facts/stage-facts.ts';
import { byCallSite, type Observation } from './by-call-site.ts';
import { taskImpact } from './materiality.ts';
import { metric } from './metric.ts';
import { defineRule, type Suspicion } from './rule.ts';
import { spillCost } from './spill-cost.ts';

const MIB = 1024 ** 2;
/** Plan nodes that read files. */
const FILE_SCAN = /^(Scan (parquet|orc|csv|json|text|avro)|FileScan|BatchScan)/;

/** Partition size to aim at when splitting spilled data. Source: spark.sql.adaptive.advisoryPartitionSizeInBytes and R12, 128 MB. */
const TARGET_PARTITION_BYTES = 128 * MIB;

/**
 * Disk spill: tasks of a stage had to write what did not fit into execution memory to disk and read it back.
 *
 * Input: spilled bytes of all task attempts with metrics. Replayed: each task without what its spill cost (`spillCost`); Spark
 * measures no time for the spilling itself.
 */
export const diskSpill = defineRule({
  id: 'spark/disk-spill',
  thresholds: {
    min_memory_spilled_bytes: {
      value: 100 * 1000 ** 2,
      min: 1,
      max: 1e15,
      unit: 'bytes',
      meaning: 'memory spilled by a stage attempt (size in memory)',
      source: 'mcp-apache-spark-history-server: 100 MB a stage; spark-advisor: 0.1 GB',
    },
    min_disk_spilled_bytes: {
      value: 16 * 1024 ** 2,
      min: 1,
      max: 1e15,
      unit: 'bytes',
      meaning: 'disk spilled by a stage attempt (size on disk) that counts whatever the size in memory',
      source: 'a sixth of the memory threshold: compressed rows take about that',
    },
  },
  evaluate: (run, limits) => {
    const observations: Observation[] = [];
    for (const facts of run.stages) {
      const spill = sumSpill(run, facts);
      if (spill.diskBytes <= 0) continue;
      if (spill.memoryBytes < limits.min_memory_spilled_bytes && spill.diskBytes < limits.min_disk_spilled_bytes)
        continue;
      observations.push(observe(run, facts, spill));
    }
    return byCallSite(run, observations, taskImpact);
  },
});

interface Spill {
  readonly memoryBytes: number;
  readonly diskBytes: number;
  readonly taskCount: number;
  readonly taskMs: number;
  readonly largestBytes: number;
  readonly largestDiskBytes: number;
}

function sumSpill(run: Run, facts: StageFacts): Spill {
  const { tasks } = run.application;
  const spill = { memoryBytes: 0, diskBytes: 0, taskCount: 0, taskMs: 0, largestBytes: 0, largestDiskBytes: 0 };
  for (let position = 0; position < facts.rows.length; position++) {
    const row = facts.rows[position] as number;
    const disk = tasks.columns.diskSpilledBytes.at(row);
    const memory = tasks.columns.memorySpilledBytes.at(row);
    if (disk <= 0 && memory <= 0) continue;
    spill.memoryBytes += Math.max(0, memory);
    spill.diskBytes += Math.max(0, disk);
    spill.taskCount += 1;
    spill.taskMs += tasks.durationMs(row);
    spill.largestBytes = Math.max(spill.largestBytes, memory);
    spill.largestDiskBytes = Math.max(spill.largestDiskBytes, disk);
  }
  return spill;
}

function observe(run: Run, facts: StageFacts, spill: Spill): Observation {
  return {
    stage: facts,
    coveredMs: spill.taskMs,
    concentrated: spill.largestDiskBytes * 2 >= spill.diskBytes,
    title: `Stage ${facts.stage.stageId} (${facts.callSite}) spilled ${formatBytes(spill.diskBytes)} to disk`,
    confidence: 0.9,
    evidence: [
      metric(
        facts.address,
        `${spill.taskCount} of ${countNoun(facts.rows.length, 'task')} spilled ${formatBytes(spill.memoryBytes)} of memory as ${formatBytes(spill.diskBytes)} on disk; they ran for ${formatDuration(spill.taskMs)} in all.`,
        'disk_spilled_bytes',
        spill.diskBytes,
        'bytes',
      ),
      metric(
        facts.address,
        `Largest spill of one task: ${formatBytes(spill.largestBytes)} of memory.`,
        'memory_spilled_bytes',
        spill.largestBytes,
        'bytes',
      ),
    ],
    changes: spillCost(run, facts).changes,
    ...remedyOf(run, facts, spill),
  };
}

/**
 * Size of split with which a stage that reads files and no shuffle has at least twice the tasks: shuffle partitions are not its
 * own. Null for all other stages.
 */
function splitInput(run: Run, facts: StageFacts, spill: Spill): string | null {
  const { tasks } = run.application;
  const execution = executionOf(run, facts.stage.sqlExecutionId);
  // Cached rows count as input too, and have the partitions of what was cached.
  if (!planHas(execution, FILE_SCAN) || planHas(execution, /^InMemoryTableScan/)) return null;
  if (facts.rows.some((row) => tasks.shuffleReadBytes(row) > 0)) return null;
  const largest = facts.rows.reduce((most, row) => Math.max(most, tasks.columns.inputBytes.at(row)), 0);
  const parts = Math.max(2, spill.largestBytes / TARGET_PARTITION_BYTES);
  return largest > 0 ? `${Math.max(1, Math.floor(largest / parts / MIB))}m` : null;
}

/** Smaller partitions where a query shuffles, which a patch can do; else code, and more memory. */
function remedyOf(run: Run, facts: StageFacts, spill: Spill): Pick<Suspicion, 'advice' | 'conf'> {
  const execution = executionOf(run, facts.stage.sqlExecutionId);
  const advice: string[] = [];
  const conf: Record<string, string> = {};
  const split = splitInput(run, facts, spill);
  const configured = Number(settingOf(run, 'spark.sql.shuffle.partitions', execution) ?? 0);
  const known = execution !== null && Number.isSafeInteger(configured);
  const now = Math.max(1, facts.stage.taskCount, known ? configured : 0);
  const partitions = Math.ceil(now * Math.max(2, spill.largestBytes / TARGET_PARTITION_BYTES));
  if (split !== null) {
    conf['spark.sql.files.maxPartitionBytes'] = split;
    advice.push(
      `Make the partitions smaller: spark.sql.files.maxPartitionBytes=${split} (${describeSetting(run, 'spark.sql.files.maxPartitionBytes', '128 MB', execution)}; this stage reads files and no shuffle), or repartition() before the step that spills.`,
    );
  } else if (execution !== null) {
    conf['spark.sql.shuffle.partitions'] = String(partitions);
    if (adaptiveEnabled(run, execution)) conf['spark.sql.adaptive.advisoryPartitionSizeInBytes'] = '32m';
    advice.push(
      `Make the partitions smaller: spark.sql.shuffle.partitions=${partitions} (${describeSetting(run, 'spark.sql.shuffle.partitions', '200', execution)}; this stage ran ${countNoun(facts.stage.taskCount, 'task')}), and with AQE spark.sql.adaptive.advisoryPartitionSizeInBytes=32m.`,
    );
  } else {
    advice.push(
      `Make the partitions smaller: repartition(${partitions}) before this stage, or pass numPartitions=${partitions} to the operation.`,
    );
  }
  advice.push(
    `Give each task more execution memory: raise ${memoryKey(run)} to ${doubledMemory(run)} (${describeSetting(run, memoryKey(run), '1g')}) or lower spark.executor.cores; off-heap with spark.memory.offHeap.enabled=true.`,
  );
  if (planHas(execution, /Sort|Window|Aggregate/)) {
    advice.push('Carry less through the sort or aggregation: select the needed columns and filter before it.');
  }
  return { advice, ...(Object.keys(conf).length > 0 ? { conf } : {}) };
}
