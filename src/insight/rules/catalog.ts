/** What the reference says of a rule. */
export interface RuleEntry {
  /** Rows of the rule survey that it covers: `R1`, `R1, R2`; empty for a failure, which has no threshold to survey. */
  readonly rows: readonly number[];
  /**
   * `outcome`: a failure or a loss, reported whatever time it took. `cost`: reported when the run without it saves enough, by
   * replay, or by its own measure where no replay can show it.
   */
  readonly kind: 'outcome' | 'cost';
  /** When it fires, in a sentence; the thresholds have the numbers. */
  readonly fires: string;
  /** What the run would be without it: the change that is replayed. */
  readonly replayed: string;
  /** What to do, in a sentence. */
  readonly advice: string;
}

/** Change that rules name who cannot be shown by a replay. */
const NOT_REPLAYED = 'not replayed';

/** Every rule, by id, in the order of the survey. */
export const CATALOG: Readonly<Record<string, RuleEntry>> = {
  'spark/job-failure': {
    rows: [],
    kind: 'outcome',
    fires: 'A job, or a query before any job, ended with an error.',
    replayed: NOT_REPLAYED,
    advice: 'What the root cause names.',
  },
  'spark/driver-failure': {
    rows: [],
    kind: 'outcome',
    fires: 'The application ended with an exit code although no job and no query failed.',
    replayed: NOT_REPLAYED,
    advice: 'Read the standard error of the driver.',
  },
  'spark/task-skew': {
    rows: [1, 2],
    kind: 'cost',
    fires: 'The slowest task of a stage runs many times longer than the others and has more data.',
    replayed: 'the data of the stage spread evenly over its tasks',
    advice: 'AQE skew join, salting of the hot key, or a broadcast.',
  },
  'spark/straggler': {
    rows: [3],
    kind: 'cost',
    fires: 'A task runs many times longer than the others of its stage and its data does not explain it.',
    replayed: 'slow tasks as long as their data explains',
    advice: 'Speculation, a look at the host, no blocking calls in tasks.',
  },
  'spark/speculation': {
    rows: [4],
    kind: 'cost',
    fires: 'Speculative copies that were killed took a large part of the task time.',
    replayed: 'no speculative copies that lose',
    advice: 'Raise spark.speculation.multiplier and quantile, or turn speculation off.',
  },
  'spark/disk-spill': {
    rows: [5],
    kind: 'cost',
    fires: 'Tasks of a stage wrote what did not fit into execution memory to disk.',
    replayed:
      'spilling tasks as long as tasks with the same data that did not spill, else without writing and reading the spill',
    advice: 'Smaller partitions, or more memory a task.',
  },
  'spark/gc-pressure': {
    rows: [6],
    kind: 'cost',
    fires: 'A large part of the run time of a stage was garbage collection.',
    replayed: 'GC time beyond a healthy share of the run time saved',
    advice: 'More heap a task, less garbage.',
  },
  'spark/memory-overprovisioned': {
    rows: [7, 20],
    kind: 'cost',
    fires: 'Executors used a small part of their memory.',
    replayed: NOT_REPLAYED,
    advice: 'Lower spark.executor.memory.',
  },
  'spark/small-files-read': {
    rows: [8],
    kind: 'cost',
    fires: 'A scan read many small files.',
    replayed: 'the stage with as many tasks as its bytes need',
    advice: 'Compact the table.',
  },
  'spark/small-files-written': {
    rows: [9],
    kind: 'cost',
    fires: 'A write made many small files.',
    replayed: 'the writing stage with as many tasks as its bytes need',
    advice: 'Repartition before the write.',
  },
  'spark/tiny-partitions': {
    rows: [10],
    kind: 'cost',
    fires: 'A stage ran very many short tasks over little data.',
    replayed: 'the stage with as many tasks as its bytes need',
    advice: 'Fewer partitions.',
  },
  'spark/huge-partitions': {
    rows: [11],
    kind: 'cost',
    fires: 'The typical task of a stage handles too much data.',
    replayed: 'the stage cut into partitions of 128 MB, at least one a slot',
    advice: 'More partitions.',
  },
  'spark/shuffle-partitions': {
    rows: [12],
    kind: 'cost',
    fires: 'The number of shuffle partitions does not fit the bytes that are shuffled.',
    replayed: 'the stage with partitions of the advisory size',
    advice: 'Set spark.sql.shuffle.partitions.',
  },
  'spark/input-splits': {
    rows: [13],
    kind: 'cost',
    fires: 'The splits of an input are much smaller or larger than they should be.',
    replayed: 'the stage with splits of the target size',
    advice: 'Set spark.sql.files.maxPartitionBytes.',
  },
  'spark/low-parallelism': {
    rows: [14],
    kind: 'cost',
    fires: 'A stage has fewer tasks than there are cores, and is long.',
    replayed: 'the stage with as many tasks as there are slots',
    advice: 'Repartition before it.',
  },
  'spark/missed-broadcast': {
    rows: [15],
    kind: 'cost',
    fires: 'A join shuffled both sides although one is small.',
    replayed: 'the join without the shuffle of its large side',
    advice: 'Broadcast the small side.',
  },
  'spark/large-broadcast': {
    rows: [16],
    kind: 'cost',
    fires: 'A broadcast is so large that collecting and building it takes long.',
    replayed: 'the driver without the time of the broadcast',
    advice: 'Join by shuffle.',
  },
  'spark/cartesian-join': {
    rows: [17],
    kind: 'cost',
    fires: 'A join compares every row with every row.',
    replayed: 'the stage scaled to the rows that an equality join reads',
    advice: 'Join on an equality.',
  },
  'spark/data-explosion': {
    rows: [18],
    kind: 'cost',
    fires: 'An operator puts out many times the rows that it takes in.',
    replayed: 'the stage scaled to the rows that it takes in',
    advice: 'Filter or aggregate before it.',
  },
  'spark/idle-cores': {
    rows: [19],
    kind: 'cost',
    fires: 'Executors held cores that had no task while jobs ran.',
    replayed: 'the fewest executors with which the run takes at most 5 % longer',
    advice: 'Fewer executors, or dynamic allocation.',
  },
  'spark/memory-underprovisioned': {
    rows: [20],
    kind: 'cost',
    fires: 'Executors used nearly all of their memory.',
    replayed: NOT_REPLAYED,
    advice: 'Raise spark.executor.memory.',
  },
  'spark/memory-overhead': {
    rows: [21],
    kind: 'outcome',
    fires: 'Executors were killed for memory outside of the heap.',
    replayed: 'no attempts that died with them',
    advice: 'Raise spark.executor.memoryOverhead.',
  },
  'spark/executor-shape': {
    rows: [22],
    kind: 'cost',
    fires: 'Executors have an unusual number of cores or memory a core.',
    replayed: NOT_REPLAYED,
    advice: 'Executors of 4 to 5 cores.',
  },
  'spark/driver-gap': {
    rows: [23],
    kind: 'cost',
    fires: 'No job ran for a long part of the run after the first.',
    replayed: 'the driver without the gaps',
    advice: 'Move the work of the driver into jobs.',
  },
  'spark/driver-memory': {
    rows: [24],
    kind: 'cost',
    fires: 'The driver used nearly all of its heap, or collects large results.',
    replayed: NOT_REPLAYED,
    advice: 'Raise spark.driver.memory, collect less.',
  },
  'spark/task-failures': {
    rows: [25],
    kind: 'outcome',
    fires: 'Task attempts failed, whether or not a retry succeeded.',
    replayed: 'the failed attempts do not run',
    advice: 'What the quoted errors name.',
  },
  'spark/stage-retries': {
    rows: [26],
    kind: 'outcome',
    fires: 'A stage ran again because shuffle data was lost.',
    replayed: 'the later attempts do not run',
    advice: 'Keep shuffle data when executors go.',
  },
  'spark/executor-loss': {
    rows: [27],
    kind: 'outcome',
    fires: 'Executors went away though nobody asked for it.',
    replayed: 'no attempts that died with them, and no stage that ran again for it',
    advice: 'By the reason of the loss: memory overhead, decommission.',
  },
  'spark/shuffle-fetch-wait': {
    rows: [28],
    kind: 'cost',
    fires: 'Tasks stood still because shuffle blocks did not arrive.',
    replayed: 'the waiting time saved',
    advice: 'Shuffle less, in larger blocks.',
  },
  'spark/shuffle-write': {
    rows: [29],
    kind: 'cost',
    fires: 'Writing shuffle data took a large part of the run time of a stage.',
    replayed: 'the writing time beyond a healthy share saved',
    advice: 'Shuffle less, on faster disks.',
  },
  'spark/scheduler-delay': {
    rows: [30],
    kind: 'cost',
    fires: 'Tasks waited for the scheduler.',
    replayed: 'the delay saved',
    advice: 'Fewer and longer tasks, a shorter locality wait.',
  },
  'spark/task-serialization': {
    rows: [31],
    kind: 'cost',
    fires: 'Deserialising tasks or serialising their results took a large part of their time.',
    replayed: 'the time saved',
    advice: 'Smaller closures and results.',
  },
  'spark/low-cpu': {
    rows: [32],
    kind: 'cost',
    fires: 'Tasks used the CPU for a small part of their run time.',
    replayed: NOT_REPLAYED,
    advice: 'Find what they wait for before adding cores.',
  },
  'spark/aqe-disabled': {
    rows: [33],
    kind: 'cost',
    fires: 'Adaptive query execution, or a part of it, is off.',
    replayed: NOT_REPLAYED,
    advice: 'Set spark.sql.adaptive.enabled=true.',
  },
  'spark/aqe-ineffective': {
    rows: [34],
    kind: 'cost',
    fires: 'Adaptive query execution is on and left tiny partitions or a join that it could have changed.',
    replayed: NOT_REPLAYED,
    advice: 'Set its sizes and thresholds.',
  },
  'spark/python-udf': {
    rows: [35],
    kind: 'cost',
    fires: 'Stages spend their time in Python functions that take rows one by one.',
    replayed: 'the stages without the time of the Python operators that SQL functions save',
    advice: 'SQL functions, or pandas functions.',
  },
  'spark/serializer': {
    rows: [36],
    kind: 'cost',
    fires: 'RDD shuffles use Java serialisation.',
    replayed: NOT_REPLAYED,
    advice: 'Set spark.serializer to Kryo.',
  },
  'spark/full-scan': {
    rows: [37],
    kind: 'cost',
    fires: 'A partitioned table is read without a filter on its partitions.',
    replayed: 'the scan with the partitions that are needed',
    advice: 'Filter by a partition column.',
  },
  'spark/repeated-scan': {
    rows: [38],
    kind: 'cost',
    fires: 'The same data is read again and again.',
    replayed: 'the second and later scans do not run',
    advice: 'Cache it, or read once.',
  },
  'spark/cache-misuse': {
    rows: [39],
    kind: 'cost',
    fires: 'Cached data is never read again, or does not fit.',
    replayed: 'the work that the cache costs or does not save',
    advice: 'Do not cache it, or unpersist, or another storage level.',
  },
  'spark/long-filter': {
    rows: [40],
    kind: 'cost',
    fires: 'A filter or a plan is so long that planning takes time.',
    replayed: 'the driver without the time of planning',
    advice: 'Join with the list of values.',
  },
  'spark/copy-on-write': {
    rows: [41],
    kind: 'cost',
    fires: 'A table format rewrote many files for few changed rows.',
    replayed: 'the rewriting stage scaled to the rows that changed',
    advice: 'Merge on read, or partitions along the changes.',
  },
  'spark/dynamic-allocation': {
    rows: [42],
    kind: 'cost',
    fires: 'Bounds of dynamic allocation are missing, or executors come and go.',
    replayed: NOT_REPLAYED,
    advice: 'Set its bounds and its idle timeout.',
  },
  'spark/long-stage': {
    rows: [43],
    kind: 'cost',
    fires: 'A stage takes very long and nothing else explains it.',
    replayed: NOT_REPLAYED,
    advice: 'Look at its plan.',
  },
  'spark/slow-start': {
    rows: [44],
    kind: 'cost',
    fires: 'The first task started long after the application.',
    replayed: 'the start without the wait',
    advice: 'A warm pool, fewer executors to wait for.',
  },
  'spark/streaming-lag': {
    rows: [45],
    kind: 'outcome',
    fires: 'A stream takes in more than it processes, or its state grows.',
    replayed: NOT_REPLAYED,
    advice: 'More parallelism, a watermark.',
  },
  'spark/incomplete-log': {
    rows: [46],
    kind: 'outcome',
    fires: 'Something of the run is not in the log.',
    replayed: NOT_REPLAYED,
    advice: 'Fetch the log again.',
  },
};

/** True for a rule whose findings are failures and losses: they are reported whatever time they took. */
export function isOutcome(rule: string): boolean {
  return CATALOG[rule]?.kind === 'outcome';
}
