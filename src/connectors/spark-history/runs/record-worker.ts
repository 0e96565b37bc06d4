import { createRedactors, type LogRef, readApplication, redactApplication } from '../../../eventlog/index.ts';
import { type RunRecord, toRunRecord } from '../../../insight/index.ts';
import type { RedactLevel } from '../../../kernel/config-file.ts';
import { type ErrorBody, HeadgateError } from '../../../kernel/errors.ts';

/** One log to read on a thread of its own. */
export interface RecordRequest {
  readonly log: LogRef;
  /** Spark properties that tell runs of one name apart. */
  readonly keys: readonly string[];
  readonly redact: RedactLevel;
}

/** What became of it: errors cross threads as what they say. */
export type RecordAnswer =
  | { readonly record: RunRecord; readonly hasEnd: boolean }
  | { readonly error: Pick<ErrorBody, 'code' | 'message'> };

/** Reads a log of this machine, masks it, and says what is remembered of it. Throws only what is a bug. */
export async function readRecord({ log, keys, redact }: RecordRequest): Promise<RecordAnswer> {
  try {
    const [read, redactorOf] = await Promise.all([readApplication(log, { threads: 0 }), createRedactors(redact)]);
    const application = redactApplication(read, redactorOf(read));
    return { record: toRunRecord(application, keys), hasEnd: application.endTime !== null };
  } catch (error) {
    if (!(error instanceof HeadgateError)) throw error;
    return { error: { code: error.code, message: error.message } };
  }
}
