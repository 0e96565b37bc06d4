import type { Requirement } from './requirement.ts';

/** What the event-log engine promises. Opening and codecs have a list of their own. */
export const requirements = [
  {
    id: 'eventlog.parity',
    behaviour:
      'Jobs, stages, tasks, executors and SQL executions equal what a real Spark History Server answers on the same log.',
    source: 'issue: Shown by',
  },
  {
    id: 'eventlog.fast-path-equal',
    behaviour:
      'The byte scanner gives the same result as full parsing for any bytes, and falls back to it when they are not in the expected form.',
    source: 'issue: Event-log engine',
  },
  {
    id: 'eventlog.stream-equals-batch',
    behaviour: 'A log read in pieces of any size, on any number of threads, gives the same application.',
    source: 'issue: Event-log engine',
  },
  {
    id: 'eventlog.order-kept',
    behaviour: 'Events keep their order among the task ends, across threads too.',
    source: 'issue: Event-log engine',
  },
  {
    id: 'eventlog.old-spark',
    behaviour: 'Logs of Spark 2.x and older, which lack later fields, are read with what they have.',
    source: 'issue: Event-log engine',
  },
  {
    id: 'eventlog.unknown-events-counted',
    behaviour: 'Unknown events are ignored and counted by name.',
    source: 'issue: Event-log engine',
  },
  {
    id: 'eventlog.damage-keeps-the-rest',
    behaviour:
      'Half-written, cut, bit-flipped and spliced logs still give everything in them that a plain parser can read, and state the gap.',
    source: 'issue: Bad input',
  },
  {
    id: 'eventlog.losses-stated',
    behaviour: 'Lost, doubled, mixed and impossible events change no number silently: each is a stated gap.',
    source: 'issue: Bad input',
  },
  {
    id: 'eventlog.hostile-lines',
    behaviour: 'Lines of 100 MB, deep nesting and huge plans neither crash nor hang the reader.',
    source: 'issue: Bad input',
  },
  {
    id: 'eventlog.nothing-readable',
    behaviour: 'An empty file or one without any Spark event is a clear error.',
    source: 'issue: Bad input',
  },
  {
    id: 'eventlog.no-impossible-numbers',
    behaviour: 'No NaN and no negative time comes out of missing metrics or clocks that run backwards.',
    source: 'issue: Bad input',
  },
  {
    id: 'eventlog.cancel-stops',
    behaviour: 'Cancelling a read stops it, in worker threads too.',
    source: 'issue: Gateway',
  },
  {
    id: 'eventlog.wasm-is-built-from-source',
    behaviour: 'The scanner binary in the repository is what its source compiles to.',
    source: 'design: generated files are regenerated in CI and compared',
  },
  {
    id: 'eventlog.column-exact',
    behaviour:
      'Columns give back exactly the numbers that were put in, whatever their size and however segments are joined.',
    source: 'issue: Event-log engine',
  },
  {
    id: 'eventlog.column-memory',
    behaviour: 'A task costs at most 250 bytes of column memory.',
    source: 'issue: Figures',
  },
] as const satisfies readonly Requirement[];
