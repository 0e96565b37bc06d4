/** Starts a record worker with the compile cache of its process: without it Node strips the types of every module anew. */
import { enableCompileCache } from 'node:module';
import { workerData } from 'piscina';

if (typeof workerData?.compileCache === 'string') enableCompileCache(workerData.compileCache);
const { readRecord } = await import('./record-worker.ts');

export default readRecord;
