import type { Application } from '../model/application.ts';
import { gmt, type Json } from './json.ts';
import { immutableTextOrder } from './scala-map-order.ts';

/** `/allmiscellaneousprocess`: processes that are neither driver nor executors, by id. */
export function renderMiscellaneousProcesses(application: Application): Json {
  return [...application.processes]
    .sort((a, b) => (a.processId < b.processId ? -1 : 1))
    .map((process) => ({
      id: process.processId,
      hostPort: process.hostPort,
      isActive: true,
      totalCores: process.cores,
      addTime: gmt(process.addTime),
      processLogs: new Map(immutableTextOrder(Object.entries(process.logUrls), ([name]) => name)),
    }));
}
