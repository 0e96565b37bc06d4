/**
 * A large log in progress that grows by a piece: read on where it ended, beside reading all of it anew.
 * `node bench/eventlog/growing.ts [--runs N] [--piece BYTES]`
 */
import {
  appendFileSync,
  closeSync,
  copyFileSync,
  fstatSync,
  mkdtempSync,
  openSync,
  readSync,
  rmSync,
  statSync,
  truncateSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { findLogs, followApplication, type LogRef, readApplication } from '../../src/eventlog/index.ts';
import { growLog } from './grow.ts';

const { values } = parseArgs({
  options: { runs: { type: 'string', default: '10' }, piece: { type: 'string', default: String(1 << 20) } },
});
const runs = Number(values.runs);
const pieceBytes = Number(values.piece);

const grown = growLog({ codec: 'none' });
const folder = mkdtempSync(join(dirname(grown.folder), 'growing-'));
const path = join(folder, `${grown.appId}.inprogress`);
copyFileSync(grown.path, path);
const whole = statSync(path).size;
truncateSync(path, whole - runs * pieceBytes);

async function find(): Promise<LogRef> {
  const { logs } = await findLogs(path);
  if (logs[0] === undefined) throw new Error(`${path} is no log`);
  return logs[0];
}

function grow(): void {
  const source = openSync(grown.path, 'r');
  const piece = Buffer.alloc(pieceBytes);
  readSync(source, piece, 0, pieceBytes, statSync(path).size);
  if (fstatSync(source).size > statSync(path).size) appendFileSync(path, piece);
  closeSync(source);
}

const began = performance.now();
const followed = await followApplication(await find());
const followMs = performance.now() - began;
const onMs: number[] = [];
const anewMs: number[] = [];
for (let run = 0; run < runs; run++) {
  grow();
  const log = await find();
  const start = performance.now();
  if (!(await followed.advance(log))) throw new Error('the log could not be read on');
  onMs.push(performance.now() - start);
  const again = performance.now();
  const { eventCount } = (await readApplication(log)).log;
  anewMs.push(performance.now() - again);
  if (eventCount !== followed.application.log.eventCount) throw new Error('read on and read anew differ');
}
rmSync(folder, { recursive: true });

const middle = (all: readonly number[]): number => all.toSorted((a, b) => a - b)[Math.floor(all.length / 2)] ?? 0;
const spread = (all: readonly number[]): string =>
  `median ${middle(all).toFixed(0)} ms, ${Math.min(...all).toFixed(0)} to ${Math.max(...all).toFixed(0)}`;
console.log(
  `${(whole / 1e6).toFixed(0)} MB in progress, ${(pieceBytes / 1e6).toFixed(1)} MB more each time, n = ${runs}; first reading ${followMs.toFixed(0)} ms, held beside the application ${(followed.heldBytes / 1e6).toFixed(1)} MB`,
);
console.log(`read on:   ${spread(onMs)}`);
console.log(`read anew: ${spread(anewMs)}`);
