import { type Application, createRedactors, redactApplication } from '../../eventlog/index.ts';
import type { RedactLevel } from '../../kernel/config-file.ts';

export { parseSummary, recordOfSummary } from './spark-record.ts';
export { summaryQuery } from './spark-sql.ts';

/** What masks an application at a level. */
export async function redactionOf(level: RedactLevel): Promise<(application: Application) => Application> {
  const redactorOf = await createRedactors(level);
  return (application) => redactApplication(application, redactorOf(application));
}
