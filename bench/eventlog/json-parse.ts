/**
 * The baseline: one thread that reads a plain event log in chunks and gives every line to JSON.parse, and keeps nothing.
 * `node bench/eventlog/json-parse.ts FILE`
 */
import { closeSync, openSync, readSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { pathToFileURL } from 'node:url';

export interface JsonParseMeasurement {
  parseMs: number;
  lines: number;
  bytes: number;
  peakRssBytes: number;
}

const CHUNK_BYTES = 4 << 20;
const NEWLINE = 10;

/** Reads and parses the file once. Errors: a line that is no JSON. */
export function measureJsonParse(path: string): JsonParseMeasurement {
  const began = performance.now();
  const file = openSync(path, 'r');
  let chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  let held = 0;
  let lines = 0;
  let bytes = 0;
  for (;;) {
    if (held === chunk.length) chunk = Buffer.concat([chunk, Buffer.allocUnsafe(chunk.length)]);
    const read = readSync(file, chunk, held, chunk.length - held, null);
    bytes += read;
    const end = held + read;
    let start = 0;
    for (let at = chunk.indexOf(NEWLINE, held); at >= 0 && at < end; at = chunk.indexOf(NEWLINE, start)) {
      JSON.parse(chunk.toString('utf8', start, at));
      lines += 1;
      start = at + 1;
    }
    if (read === 0) break;
    chunk.copy(chunk, 0, start, end);
    held = end - start;
  }
  closeSync(file);
  return {
    parseMs: Math.round(performance.now() - began),
    lines,
    bytes,
    peakRssBytes: process.resourceUsage().maxRSS * 1024,
  };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const [path] = process.argv.slice(2);
  if (path === undefined) throw new Error('usage: json-parse.ts FILE');
  console.log(JSON.stringify(measureJsonParse(path), null, 2));
}
