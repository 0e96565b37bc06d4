import type { Requirement } from './requirement.ts';

/** What the detection bench promises of its corpus and of its score. */
export const requirements = [
  {
    id: 'detection.corpus-size',
    behaviour: 'The corpus has at least 20 kinds of defects in at least 5 variants each, and at least 50 controls.',
    source: 'issue: Figures, detection',
  },
  {
    id: 'detection.corpus-versions',
    behaviour: 'Defects and controls are recorded on Spark 4.3 and on 3.5.',
    source: 'issue: Figures, detection',
  },
  {
    id: 'detection.corpus-small',
    behaviour:
      'Every log that the index names is in the repository; no log is above 500 KB, all together are below 12 MB.',
    source: 'issue: Figures, detection',
  },
  {
    id: 'detection.labels-known',
    behaviour:
      'A label expects the rule of its defect, names rules that exist, and gives a reason for whatever it allows.',
    source: 'evaluation: Detection and advice',
  },
  {
    id: 'detection.precision-recall',
    behaviour:
      'Precision and recall count each rule once in a log, and are absent where there is nothing to divide by.',
    source: 'evaluation: Detection and advice',
  },
  {
    id: 'detection.allowed-is-neutral',
    behaviour: 'A true secondary finding that the label allows counts neither for nor against.',
    source: 'evaluation: Detection and advice',
  },
  {
    id: 'detection.false-per-control',
    behaviour: 'False findings per clean application divide the false findings of controls by the number of controls.',
    source: 'evaluation: Detection and advice',
  },
  {
    id: 'detection.mistakes-listed',
    behaviour: 'Every miss and every false alarm is listed with the id of its log and the rule.',
    source: 'issue: Figures, detection',
  },
] as const satisfies readonly Requirement[];
