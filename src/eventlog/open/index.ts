/** Logs on disk: which there are, and the decoded bytes of their files. */
export type { ByteRange, ByteSource } from './byte-source.ts';
export { type FoundLogs, findLogs } from './find/find-logs.ts';
export { type LogHeadline, readHeadline } from './headline.ts';
export type { IgnoredPath, LogFile, LogRef } from './log-ref.ts';
export { openBytes } from './open-bytes.ts';
export { planRanges } from './plan-ranges.ts';
