import { basename } from 'node:path';
import { HeadgateError, throwIfCancelled } from '../../kernel/errors.ts';
import { HeadlineFacts } from './headline-facts.ts';
import type { LogFile, LogRef } from './log-ref.ts';
import { openBytes } from './open-bytes.ts';

/** Decoded bytes read at a time, and in all in search of the ApplicationStart: a class path of thousands of jars stays below. */
const STEP_BYTES = 64 * 1024;
const HEAD_BYTES = 8 * 1024 * 1024;
/** Stored bytes at the end of a file in which its last lines are looked for. */
const TAIL_BYTES = 64 * 1024;
const NEWLINE = 0x0a;

/** What the first and last lines of a log tell. */
export interface LogHeadline {
  /** From the log, else from the file's name, else that name itself. */
  readonly appId: string;
  readonly attemptId: string | null;
  /** The application's id where no name was logged. */
  readonly name: string;
  readonly user: string | null;
  readonly sparkVersion: string | null;
  /** Ms since the epoch. */
  readonly startTime: number | null;
  readonly endTime: number | null;
  /** True when the log has an ApplicationEnd. */
  readonly completed: boolean;
}
