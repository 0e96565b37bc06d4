import type { Requirement } from './requirement.ts';

/** What running a recorded run again in thought promises. */
export const requirements = [
  {
    id: 'replay.as-run',
    behaviour:
      'A run is first replayed as it was, and the distance to what the log says is given: over the recorded logs at most 5 % for half and 15 % for nine in ten.',
    source: 'issue: Replay; Figures',
  },
  {
    id: 'replay.dependencies',
    behaviour:
      'A stage begins when the stages that it reads have ended, also those that ran in the place of a skipped one.',
    source: 'issue: Replay',
  },
  {
    id: 'replay.concurrent-jobs',
    behaviour: 'Jobs that ran at the same time do so again, and one that waited for another begins as long after it.',
    source: 'issue: Replay',
  },
  {
    id: 'replay.retries',
    behaviour: 'A retry runs after the attempt that failed, a speculative copy beside its original.',
    source: 'issue: Replay; Bad input',
  },
  {
    id: 'replay.executors-come-and-go',
    behaviour: 'Executors offer their cores from when they came until they were removed.',
    source: 'issue: Replay',
  },
  {
    id: 'replay.task-cores',
    behaviour: 'A task takes the cores that its resource profile or spark.task.cpus says.',
    source: 'issue: Replay',
  },
  {
    id: 'replay.slot-gaps',
    behaviour: 'The time between the end of a task and the next launch on its slot stays as it was observed.',
    source: 'issue: Replay',
  },
  {
    id: 'replay.cold-starts',
    behaviour:
      'What the first task on a slot was seen to pay beyond the others is paid on other executors by whichever tasks are first there.',
    source: 'issue: Replay',
  },
  {
    id: 'replay.scheduler-order',
    behaviour: 'Stages share the cores in the order of FIFO or FAIR, as the run was configured.',
    source: 'issue: Replay',
  },
  {
    id: 'replay.driver-gaps',
    behaviour: 'Driver time is constant, except where a change saves it, and no more can be saved than there was.',
    source: 'issue: Replay',
  },
  {
    id: 'replay.changes',
    behaviour: 'Each kind of change has the effect on the makespan that list scheduling gives it.',
    source: 'issue: Replay',
  },
  {
    id: 'replay.changes-together',
    behaviour: 'Changes are applied together in one replay, never added up.',
    source: 'issue: Replay',
  },
  {
    id: 'replay.interval',
    behaviour: 'A prediction has an 80 % interval around it and its assumptions in sentences.',
    source: 'issue: Replay',
  },
  {
    id: 'replay.extrapolation',
    behaviour: 'Beyond twice the observed cores the interval widens and an assumption says so.',
    source: 'issue: Replay',
  },
  {
    id: 'replay.monotone',
    behaviour: 'Removing work or adding executors never predicts a longer run.',
    source: 'issue: Shown by',
  },
  {
    id: 'replay.order-free',
    behaviour: 'A replay does not depend on the order in which tasks were logged.',
    source: 'issue: Shown by',
  },
  {
    id: 'replay.scale-free',
    behaviour: 'A run whose times are all k times as long is predicted k times as long.',
    source: 'issue: Shown by',
  },
  {
    id: 'replay.bad-input',
    behaviour:
      'No tasks, missing ends, clocks that run backwards and impossible changes give no NaN and no negative time, and what cannot be told is said.',
    source: 'issue: Bad input',
  },
  {
    id: 'replay.what-if',
    behaviour:
      'Executors, their cores and memory, partitions, skew, broadcasts, spot machines and prices are asked for in their own words and answered by one replay.',
    source: 'issue: What a user gets, What if',
  },
  {
    id: 'replay.what-if-gaps',
    behaviour: 'What was asked for and cannot be told from the log is a stated gap; what cannot be is refused.',
    source: 'issue: Bad input; design: Evidence',
  },
  {
    id: 'replay.tool',
    behaviour:
      'simulate_changes gives the observed, replayed and predicted run with error, interval, cost and assumptions.',
    source: 'issue: What a user gets, What if',
  },
] as const satisfies readonly Requirement[];
