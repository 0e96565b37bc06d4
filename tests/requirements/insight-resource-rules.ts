import type { Requirement } from './requirement.ts';

/** What the rules on resources and tasks promise. */
export const requirements = [
  {
    id: 'insight-resource-rules.speculation',
    behaviour:
      'Speculative copies that ran for nothing are found, and so is a slow host where a copy elsewhere would have ended sooner.',
    source: 'issue: Rules, R4',
  },
  {
    id: 'insight-resource-rules.memory',
    behaviour: 'A heap that is far too large or too small is found by its peaks, with the size that fits them.',
    source: 'issue: Rules, R7 and R20',
  },
  {
    id: 'insight-resource-rules.memory-is-not-time',
    behaviour: 'Unused memory is counted in GiB-hours and never claimed as time.',
    source: 'issue: Rules, R20',
  },
  {
    id: 'insight-resource-rules.memory-overhead',
    behaviour:
      'A container killed for its memory is found where the log says so or measured memory shows it; exit code 137 alone is no proof.',
    source: 'issue: Rules, R21',
  },
  {
    id: 'insight-resource-rules.executor-shape',
    behaviour: 'Cores and heap that do not fit each other are named where GC or spill shows that they do harm.',
    source: 'issue: Rules, R22',
  },
  {
    id: 'insight-resource-rules.driver-memory',
    behaviour: 'Results that exceed what the driver may hold, or nearly, are found with the size that they need.',
    source: 'issue: Rules, R24',
  },
  {
    id: 'insight-resource-rules.task-parts',
    behaviour:
      'Shuffle writes, scheduler delay and serialization of tasks are found, and what a replay saves is only what is beyond normal.',
    source: 'issue: Rules, R29 to R31',
  },
  {
    id: 'insight-resource-rules.notes',
    behaviour:
      'What a log shows but cannot price (low CPU use, the serializer, a long stage) is a note that claims no saving.',
    source: 'issue: Rules, R32, R36 and R43',
  },
  {
    id: 'insight-resource-rules.dynamic-allocation',
    behaviour: 'Executors that come and go without need, or stay without a task, are found with the bound that fits.',
    source: 'issue: Rules, R42',
  },
  {
    id: 'insight-resource-rules.slow-start',
    behaviour: 'A long wait for the first executor is found; the start of a JVM is not counted.',
    source: 'issue: Rules, R44',
  },
  {
    id: 'insight-resource-rules.streaming',
    behaviour: 'A stream that cannot keep up, and state that only grows, are found from the progress of its batches.',
    source: 'issue: Rules, R45',
  },
  {
    id: 'insight-resource-rules.near-misses',
    behaviour: 'What looks like a problem and is none does not fire a rule.',
    source: 'evaluation: Detection',
  },
  {
    id: 'insight-resource-rules.absent-metrics',
    behaviour: 'Metrics that a log does not have never fire a rule.',
    source: 'issue: Bad input',
  },
  {
    id: 'insight-resource-rules.sane',
    behaviour:
      'Clocks that ran backwards and values that cannot be give no NaN, nothing negative and no claim without evidence.',
    source: 'issue: Bad input',
  },
] as const satisfies readonly Requirement[];
