import type { ApprovalNeed } from '../../../kernel/approval.ts';
import { quoteLog } from '../../../kernel/log-text.ts';
import type { SparkPlatform } from '../spark.ts';
import { classify } from './classify.ts';

/** What somebody has to say yes to before a statement runs; null for what loses nothing. Errors: those of `classify`. */
export function approvalFor(sql: string, { config }: Pick<SparkPlatform, 'config'>): ApprovalNeed | null {
  const { effect, command, why, sql: statement } = classify(sql);
  if (effect !== 'destructive') return null;
  return {
    summary: `${command} on Spark (${config.appName}) needs a yes: ${why}.`,
    plan: [`Runs ${quoteLog(statement, 2000)}`, 'It cannot be undone by Headgate.'],
  };
}
