import type { Application, ApplicationDetails, LogRef } from '../../eventlog/index.ts';
import { SharedWork } from './concurrency.ts';
import type { LogReader } from './log-reader.ts';

/** Makes of details what may be kept and handed out. */
export type PrepareDetails = (details: ApplicationDetails, application: Application) => ApplicationDetails;

/** Both go when their application goes. */
const kept = new WeakMap<Application, ApplicationDetails>();
const reading = new WeakMap<Application, SharedWork<ApplicationDetails>>();

/**
 * What a second reading of an application's log tells: metrics of SQL nodes, accumulators of tasks. It is read when it is
 * first asked for, once however many ask; null where the source cannot read it. Errors: as `LogReader`.
 */
export async function readDetailsOnce(
  application: Application,
  log: LogRef,
  { reader, prepare }: { readonly reader: LogReader; readonly prepare?: PrepareDetails | undefined },
  signal: AbortSignal,
): Promise<ApplicationDetails | null> {
  const known = kept.get(application);
  if (known !== undefined || reader.readDetails === undefined) return known ?? null;
  const running = reading.get(application);
  if (running?.open) return running.join(signal);
  const work = new SharedWork<ApplicationDetails>(async (all) => {
    const read = await (reader.readDetails as NonNullable<LogReader['readDetails']>)(log, { signal: all });
    const details = prepare?.(read, application) ?? read;
    kept.set(application, details);
    return details;
  });
  reading.set(application, work);
  return work.join(signal);
}
