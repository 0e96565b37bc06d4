import type { RedactLevel } from '../../kernel/config-file.ts';
import type { LogHeadline } from '../open/index.ts';
import { createRedactors } from './redactor.ts';

/** Masks headlines as `redactApplication` masks the applications that they are of: user and name come out the same where they alone tell. */
export async function createHeadlineRedactor(level: RedactLevel): Promise<(headline: LogHeadline) => LogHeadline> {
  const redactorOf = await createRedactors(level);
  return (headline) => {
    const redactor = redactorOf({
      user: headline.user ?? '',
      executors: [],
      tasks: { hosts: [] },
      environment: { spark: {}, system: {} },
      sqlExecutions: [],
    });
    return {
      ...headline,
      name: redactor.text(headline.name),
      user: headline.user === null ? null : redactor.user(headline.user),
    };
  };
}
