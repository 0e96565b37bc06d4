import type { Prompt, PromptArgument } from '../../../kernel/prompt.ts';
import type { ToolContext } from '../../../kernel/tool.ts';
import { completeApplicationId, completeServer } from '../completions.ts';
import type { InsightSettings, LoadedApplication, SparkHistory } from '../spark-history.ts';

/** A prompt before its history is bound. */
export type PromptFactory = (spark: SparkHistory, settings: InsightSettings) => Prompt;

/** A tool call as a prompt writes it: `list_jobs(app_id="app-1", status=["FAILED"])`. */
export function call(tool: string, parameters: Readonly<Record<string, unknown>>): string {
  const written = Object.entries(parameters)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  return `${tool}(${written.join(', ')})`;
}

/** The argument that names an application. */
export const applicationArgument = (spark: SparkHistory, name: string): PromptArgument => ({
  name,
  description: 'Application id',
  required: true,
  complete: completeApplicationId(spark),
});

/** The argument that names a source. */
export const serverArgument = (spark: SparkHistory): PromptArgument => ({
  name: 'server',
  description: 'Source name; needed only when two sources have the id',
  required: false,
  complete: completeServer(spark),
});

/** Loads the application that a prompt is about. Errors: as `SparkHistory.application`. */
export function loadFor(
  spark: SparkHistory,
  appId: string | undefined,
  server: string | undefined,
  context: ToolContext,
): Promise<LoadedApplication> {
  return spark.application(appId ?? '', { server, signal: context.signal, progress: context.progress });
}
