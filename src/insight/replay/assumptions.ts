import { countNoun, formatShare } from '../../kernel/units.ts';
import type { Change, ChangeKind } from './changes.ts';
import { TRUSTED_CORES_RATIO } from './interval.ts';
import type { Recording } from './recording.ts';

/** Error of the replay of the run as it was from which a prediction says so, as a share. */
const NOTABLE_ERROR = 0.05;

/**
 * What a prediction takes for granted, in sentences; the grave ones first. `ofRun` is what holds for all predictions of the
 * run, `coresRatio` the cores asked for to those observed.
 */
export function assumptionsOf(
  recording: Recording,
  ofRun: readonly string[],
  changes: readonly Change[],
  coresRatio: number,
): string[] {
  const kinds = new Set(changes.map((change) => change.kind));
  return [
    ...extrapolation(recording, coresRatio),
    ...ofRun,
    ...CHANGE_SENTENCES.filter(([kind]) => kinds.has(kind)).map(([, sentence]) => sentence),
    'The driver takes as long between jobs as it did, except where a change saves it.',
  ];
}

function extrapolation({ run, pools }: Recording, coresRatio: number): string[] {
  if (coresRatio <= TRUSTED_CORES_RATIO) return [];
  const observed = run.peakCores > 0 ? run.peakCores : pools.peakCores;
  return [
    `The run never had more than ${countNoun(observed, 'core')}: ${Number(coresRatio.toFixed(1))} times as many are beyond what it can show, and the interval is widened.`,
  ];
}

/** What every prediction of a run takes for granted. */
export function assumptionsOfRun({ run, fixedStages, mode }: Recording, errorRatio: number | null): string[] {
  const sentences: string[] = [];
  if (run.window === null) sentences.push('The log names no time: nothing can be predicted.');
  if (run.application.tasks.count === 0) sentences.push('The log has no tasks: all time stays as it was.');
  if ((errorRatio ?? 0) > NOTABLE_ERROR)
    sentences.push(`The replay of the run as it was is off by ${formatShare(errorRatio ?? 0)}.`);
  if (fixedStages > 0)
    sentences.push(
      `${countNoun(fixedStages, 'stage attempt')} whose tasks the log does not tell, or that did not end with its tasks, keeps its length.`,
    );
  if (run.application.log.incomplete)
    sentences.push('The log is incomplete: what is missing is not in the prediction.');
  if (run.interactive) sentences.push('The time in which the driver waited for people or for data stays as it was.');
  if (mode === 'FAIR') sentences.push('Scheduling pools have equal weights: the log does not tell them.');
  return sentences;
}

const CHANGE_SENTENCES: ReadonlyArray<readonly [ChangeKind, string]> = [
  [
    'executors',
    'Every task takes as long on other executors as it did; all of them are there from the first to the end.',
  ],
  ['repartition', 'The work of a stage can be cut anywhere between its tasks, and evenly within one.'],
  ['even-out', 'The work of a stage can be spread evenly over its tasks.'],
  ['drop-stage', 'What a dropped stage made is not needed by the stages that stay.'],
  ['scale-tasks', 'All tasks of a changed stage take the same multiple of their time.'],
  ['save-task-time', 'The time that a change saves in a task was not hidden behind other work of that task.'],
  ['drop-attempts', 'Failed attempts and copies would not have run; their tasks start with the attempt that is left.'],
];
