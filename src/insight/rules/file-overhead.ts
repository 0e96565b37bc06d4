/** Size of file to aim at. Source: spark.sql.files.maxPartitionBytes, 128 MB: a file that one task reads. */
const TARGET_FILE_BYTES = 128 * 1024 ** 2;

/**
 * Bytes that could be read, or written, in the time that it takes to open and close a file. Spark's own figure
 * (spark.sql.files.openCostInBytes, 4 MB) is meant to be too high, by its documentation; measured with Spark 4.3 on a local
 * disk: 10 ms a file beside 100 MB/s and core.
 */
const OPEN_COST_BYTES = 1024 ** 2;

/** Files of the target size that hold so many bytes. */
export function filesWanted(bytes: number): number {
  return Math.max(1, Math.ceil(bytes / TARGET_FILE_BYTES));
}

/** Part of the time with some files, 0 to 1, that would go if `wanted` files held the same bytes. */
export function overheadShare(fileCount: number, bytes: number, wanted: number = filesWanted(bytes)): number {
  const now = fileCount * OPEN_COST_BYTES + bytes;
  return now > 0 ? Math.max(0, ((fileCount - wanted) * OPEN_COST_BYTES) / now) : 0;
}
