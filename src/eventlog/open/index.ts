/** Logs on disk: which there are, and the decoded bytes of their files. */
export type { ByteRange, ByteSource, ResumePoint } from './byte-source.ts';
export { findInListing } from './find/find-in-listing.ts';
export { findLogs } from './find/find-logs.ts';
export { type NoLog, whyNoLog } from './find/sniff-log.ts';
export type { FoundLogs } from './find/sort-out.ts';
export { type LogHeadline, readHeadline } from './headline.ts';
export type { FoundFile, IgnoredPath, LogFile, LogRef } from './log-ref.ts';
export { openBytes } from './open-bytes.ts';
export { planRanges } from './plan-ranges.ts';
export { type OpenFile, openLocalFile, type RandomAccess } from './random-access.ts';
