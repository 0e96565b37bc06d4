import { HeadgateError } from '../../../kernel/errors.ts';
import { applicationAt } from '../cluster/driver-ui.ts';

/** What Spark writes when it is connected, and where its page is. Source: SparkContext and StandaloneSchedulerBackend, 3.5 and 4.3. */
const CONNECTED =
  /(?:Connected to Spark cluster with app ID|Submitted application(?: with ID)?:?|app ID) (app-\d{14}-\d{4,}|local-\d+)/;
const STARTED_PAGE = /(?:started at|and started at) (http:\/\/[\w.:[\]-]+:\d+)/;

/** The application of a driver whose page may be at `ui`; null while there is none. */
export async function applicationOfPage(ui: string | undefined, jobId: string): Promise<string | null> {
  if (ui === undefined) return null;
  try {
    return await applicationAt(ui, jobId);
  } catch (error) {
    // A driver that is not there yet, or no longer, cannot be asked.
    if (error instanceof HeadgateError && error.code === 'unavailable') return null;
    throw error;
  }
}

/** The application, and the page, that a driver's log names. */
export function applicationOfLog(lines: readonly string[]): { applicationId: string | null; ui: string | null } {
  const text = lines.join('\n');
  return { applicationId: CONNECTED.exec(text)?.[1] ?? null, ui: STARTED_PAGE.exec(text)?.[1] ?? null };
}
