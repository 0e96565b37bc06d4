import { HeadgateError } from '../../../kernel/errors.ts';
import { quote } from '../../../kernel/quote.ts';
import type { ToolContext } from '../../../kernel/tool.ts';
import { textsOf } from '../arrow-texts.ts';
import type { InsightSettings } from '../spark-history.ts';

/** A plan longer than this is cut; the cut is stated. Characters. */
const PLAN_CHARS = 6_000;

/**
 * The plan that Spark has for a query now, as lines of a prompt. Nothing is run. Errors: those of Spark, for a query that it does not
 * understand; `failed_precondition` where no Spark is configured.
 */
export async function livePlan(query: string, settings: InsightSettings, context: ToolContext): Promise<string[]> {
  const engine = settings.fleet?.sparkOf(context.caller.tenant) ?? null;
  if (engine === null) {
    throw new HeadgateError('failed_precondition', 'There is no Spark to ask for the plan of a query.', {
      hint: 'Name spark.remote in the configuration, or leave query out.',
    });
  }
  const { chunks } = await engine.query(`EXPLAIN FORMATTED ${query}`, { signal: context.signal });
  const texts: string[] = [];
  for await (const chunk of chunks) texts.push(...(await textsOf(chunk)));
  return ['The plan that Spark has for the query now:', quote(texts.join('\n'), PLAN_CHARS)];
}
