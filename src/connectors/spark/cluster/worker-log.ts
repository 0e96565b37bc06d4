import { fetchText } from './fetch-json.ts';

/** Which log of a worker: that of a driver or of an executor. */
export type WorkerLogOf = { readonly driverId: string } | { readonly appId: string; readonly executorId: string };

/** The header that Spark puts before the bytes: `==== Bytes 0-100 of 200 of /path ====`. */
const HEADER = /^==== Bytes \d+-\d+ of (\d+) of [^\n]* ====\n/;

/** The last bytes of a log from a worker's page, and how long the log is. Errors: `unavailable`. */
export async function readWorkerLog(
  worker: string,
  of: WorkerLogOf,
  logType: 'stdout' | 'stderr',
  byteLength: number,
  signal?: AbortSignal,
): Promise<{ text: string; bytes: number }> {
  const query = new URLSearchParams({ ...of, logType, byteLength: String(byteLength) });
  const answer = await fetchText({ server: `The Spark worker at ${worker}`, url: `${worker}/log/?${query}`, signal });
  const header = HEADER.exec(answer);
  if (header === null) return { text: answer, bytes: Buffer.byteLength(answer) };
  return { text: answer.slice(header[0].length), bytes: Number(header[1]) };
}
