/** A client of Spark Connect. */
export { connectSpark } from './client.ts';
export { readRows } from './read-rows.ts';
export type { QueryStream, RunOptions, SparkConnect, SparkConnectOptions } from './spark-connect.ts';
