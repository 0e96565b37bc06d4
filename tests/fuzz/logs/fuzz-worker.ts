import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { parentPort, workerData } from 'node:worker_threads';
import { Random } from '../random.ts';
import { createDelegatingGateway } from './delegating-gateway.ts';
import { examineLog } from './examine-log.ts';
import { fuzzLog } from './fuzz-log.ts';
import { recordedLines } from './recorded-lines.ts';
import type { WorkerMessage, WorkerOrder } from './run-fuzzed-logs.ts';

/** Fuzzes logs by their seeds, and tells of each. */
const { seeds, scratch } = workerData as WorkerOrder;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** What is still held once nothing is looked at any more. Bytes. */
function heldBytes(): number {
  collectGarbage();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

const tell = (message: WorkerMessage) => parentPort?.postMessage(message);
const recordings = await recordedLines();
const parts = createDelegatingGateway();
// What is loaded on first use is not counted as a leak.
const warm = Math.floor(seeds.length / 3);
for (const [index, seed] of seeds.entries()) {
  if (index === warm) tell({ kind: 'held', bytes: heldBytes() });
  tell({ kind: 'began', seed });
  const folder = join(scratch, String(seed));
  const random = new Random(seed);
  for (const { name, bytes } of fuzzLog(recordings, random)) {
    const path = join(folder, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, bytes);
  }
  await mkdir(folder, { recursive: true });
  const { faults, applications } = await examineLog(folder, random, parts);
  await rm(folder, { recursive: true });
  tell({ kind: 'ended', seed, faults, applications });
}
tell({ kind: 'held', bytes: heldBytes() });
await parts.gateway.close(0);
