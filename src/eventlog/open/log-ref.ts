import type { ErrorCode } from '../../kernel/errors.ts';

/** One file of a log. */
export interface LogFile {
  /** Absolute, or a URL. */
  readonly path: string;
  readonly sizeBytes: number;
  /** What tells this state of the file from others, where its place says more than size and time: the ETag of an object. */
  readonly version?: string;
}

/** A file that was found, before it is known to which log it belongs. */
export interface FoundFile extends LogFile {
  /** Ms since the epoch. */
  readonly modifiedMs: number;
}

/** A log on disk: a single file, a rolling folder, or a Databricks folder. */
export interface LogRef {
  /** Absolute path, or URL, of the file or folder. */
  readonly path: string;
  readonly kind: 'single' | 'rolling' | 'databricks';
  /** In the order to read; a compacted file replaces those before it. */
  readonly files: readonly LogFile[];
  /** As the name (or the appstatus file) says. A crashed application leaves this mark for ever. */
  readonly inProgress: boolean;
  /** Sum over `files`, as stored. */
  readonly sizeBytes: number;
  /** Latest change of any of its files, ms since the epoch. */
  readonly modifiedMs: number;
  /** Numbered event files that are not there: one name each, or `events_2_app … events_900_app (899 files)` for a long run. */
  readonly missing: readonly string[];
  /** True when a compacted file is read in place of earlier files: Spark drops events of finished jobs from it. */
  readonly compacted: boolean;
  /** From the file name, where it has the form that Spark gives it. */
  readonly appIdHint: string | null;
  readonly attemptIdHint: string | null;
}

/** A file or folder that is no event log, and why. */
export interface IgnoredPath {
  readonly path: string;
  readonly reason: string;
  /** The code of the error that came of looking at it; absent where it was looked at and is no log. */
  readonly code?: ErrorCode;
}
