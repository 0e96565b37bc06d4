import { type ErrorBody, HeadgateError } from '../../../kernel/errors.ts';
import { formatDuration } from '../../../kernel/units.ts';

/** It ran longer than it may. */
export function timedOut(timeoutMs: number): ErrorBody {
  return new HeadgateError('deadline_exceeded', `The job ran longer than ${formatDuration(timeoutMs)} and was ended.`, {
    hint: 'Give it more time with timeout_s, or find out what it waits for with get_job_logs.',
  }).toBody();
}

/** Somebody ended it. */
export function cancelledBy(): ErrorBody {
  return new HeadgateError('cancelled', 'The job was cancelled.').toBody();
}

/** Nobody can say how it ended. */
export function lost(why: string): ErrorBody {
  return new HeadgateError('aborted', `Nobody can say how the job ended: ${why}.`, {
    hint: 'list_applications may know its application; submit it again if its effect is missing.',
  }).toBody();
}
