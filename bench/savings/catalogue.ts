/**
 * How the advice of a finding is applied: `conf` sets the properties that the finding names, letter for letter; `code` runs the
 * workload's other variant, which follows the finding's advice where it is a pattern of code.
 */
export type Remedy = 'conf' | 'code';

/** One thing that a team does wrong, small enough to run in seconds. */
export interface Workload {
  readonly name: string;
  readonly what: string;
  /** Default: two threads of the driver. */
  readonly master?: string;
  readonly conf: Readonly<Record<string, string>>;
  /** Reads the files that are written first. */
  readonly lake?: boolean;
  /** Rules whose advice remedies it, with how it is applied. The finding of these that saves most is the one that is taken. */
  readonly remedies: Readonly<Record<string, Remedy>>;
  /** Instead of a finding: other cores, predicted by the replay that answers what-if questions. */
  readonly cores?: { readonly count: number; readonly master: string };
}

const NO_AQE = { 'spark.sql.adaptive.enabled': 'false' };

/** Sizes at which some megabytes behave as gigabytes do with Spark's own limits. */
const SMALL_PARTITIONS = {
  'spark.sql.autoBroadcastJoinThreshold': '-1',
  'spark.sql.shuffle.partitions': '12',
  'spark.sql.adaptive.advisoryPartitionSizeInBytes': '2m',
  'spark.sql.adaptive.coalescePartitions.enabled': 'false',
};

/** What is run, in the order of a round. */
export const WORKLOADS: readonly Workload[] = [
  {
    name: 'skewed-repartition',
    what: 'a hot key holds seven of ten rows; salted',
    conf: {},
    remedies: { 'spark/task-skew': 'code' },
  },
  {
    name: 'skewed-join',
    lake: true,
    what: 'a hot key below the limit of AQE; the limit lowered, or the small side broadcast',
    conf: SMALL_PARTITIONS,
    remedies: { 'spark/task-skew': 'conf', 'spark/missed-broadcast': 'conf' },
  },
  {
    name: 'tiny-partitions',
    what: '3,000 shuffle partitions for 5,000 groups; as many as are advised',
    conf: { ...NO_AQE, 'spark.sql.shuffle.partitions': '3000' },
    remedies: { 'spark/tiny-partitions': 'conf', 'spark/shuffle-partitions': 'conf', 'spark/aqe-disabled': 'conf' },
  },
  {
    name: 'single-partition',
    what: 'all work in one task; in four',
    conf: {},
    remedies: { 'spark/low-parallelism': 'code', 'spark/idle-cores': 'code' },
  },
  {
    name: 'driver-loop',
    what: 'rows worked on by the driver between jobs; by the executors',
    conf: { 'spark.driver.maxResultSize': '2g' },
    remedies: { 'spark/driver-gap': 'code' },
  },
  {
    name: 'small-files',
    lake: true,
    what: '2,500 files of 120 rows; four',
    conf: {},
    remedies: { 'spark/small-files-read': 'code', 'spark/tiny-partitions': 'code' },
  },
  {
    name: 'repeated-scan',
    lake: true,
    what: 'the same JSON parsed seven times; cached',
    conf: {},
    remedies: { 'spark/repeated-scan': 'code' },
  },
  {
    name: 'python-function',
    what: 'a Python function for every row; a built-in one',
    conf: { 'spark.sql.execution.pythonUDF.arrow.enabled': 'false' },
    remedies: { 'spark/python-udf': 'code' },
  },
  {
    name: 'missed-broadcast',
    lake: true,
    what: 'a thousand rows joined by shuffle and sort; broadcast',
    conf: { ...NO_AQE, 'spark.sql.autoBroadcastJoinThreshold': '-1', 'spark.sql.shuffle.partitions': '8' },
    remedies: { 'spark/missed-broadcast': 'code' },
  },
  {
    name: 'nested-loop-join',
    what: 'a join without an equality; with one',
    conf: {},
    remedies: { 'spark/cartesian-join': 'code' },
  },
  {
    name: 'spilling-sort',
    what: 'two partitions beyond the memory for execution; as many as are advised',
    conf: { ...NO_AQE, 'spark.sql.shuffle.partitions': '2', 'spark.memory.fraction': '0.08' },
    remedies: {
      'spark/disk-spill': 'conf',
      'spark/shuffle-partitions': 'conf',
      'spark/huge-partitions': 'conf',
      'spark/memory-underprovisioned': 'conf',
    },
  },
  {
    name: 'straggler',
    what: 'one task waits for a late answer; none does',
    conf: {},
    remedies: { 'spark/straggler': 'code' },
  },
  {
    name: 'failing-attempts',
    what: 'every third task fails once; none does',
    master: 'local[2,4]',
    conf: {},
    remedies: { 'spark/task-failures': 'code' },
  },
  {
    name: 'waiting-tasks',
    what: 'two slots for tasks that wait; four',
    conf: {},
    remedies: {},
    cores: { count: 4, master: 'local[4]' },
  },
];
