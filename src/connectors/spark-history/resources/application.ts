import { labelLog } from '../../../kernel/log-text.ts';
import { label } from '../../../kernel/quoted.ts';
import type { Resource } from '../../../kernel/resource.ts';
import { completeApplicationId } from '../completions.ts';
import type { SparkHistory } from '../spark-history.ts';
import { getApplication } from '../tools/get-application.ts';
import { readThrough } from './read-through.ts';

/** Applications listed as concrete resources, newest first; the template reaches every other. */
const LISTED = 50;

/** `spark://applications/{id}`: what `get_application` answers. */
export const applicationResource = (spark: SparkHistory): Resource => ({
  name: 'spark-application',
  title: 'Spark application',
  description: 'Identity, status, times, counts and totals of one application.',
  uriTemplate: 'spark://applications/{id}',
  mimeType: 'application/json',
  list: async ({ signal }) => {
    const { entries } = await spark.applications({ signal });
    const newest = entries.toSorted((a, b) => (b.startTime ?? 0) - (a.startTime ?? 0));
    const ids = [...new Map(newest.map((entry) => [entry.appId, entry])).values()].slice(0, LISTED);
    return ids.map((entry) => ({
      uri: `spark://applications/${encodeURIComponent(entry.appId)}`,
      name: label(entry.appId),
      ...(entry.name === null ? {} : { description: labelLog(entry.name) }),
    }));
  },
  complete: { id: completeApplicationId(spark) },
  read: ({ id }, context) => readThrough(getApplication, { app_id: id }, { ...context, spark }),
});
