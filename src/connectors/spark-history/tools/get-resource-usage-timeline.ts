import { z } from 'zod';
import { tableSchema } from '../../../kernel/table.ts';
import { firstRows } from '../first-rows.ts';
import { gapsOf, gapsOutput } from '../gaps.ts';
import { applicationInput } from '../parameters.ts';
import { localModeGap } from '../queries/executors.ts';
import { measuresOutput } from '../queries/task-totals.ts';
import { MAX_POINTS, POINT_COLUMNS, REMOVAL_COLUMNS, resourceTimeline } from '../queries/timeline.ts';
import { defineSparkTool, loadApplication } from '../spark-history.ts';

const SHOWN_REASONS = 10;

export const getResourceUsageTimeline = defineSparkTool({
  name: 'get_resource_usage_timeline',
  title: 'Get the resource timeline of a Spark application',
  description:
    'Executors, cores and running tasks over time in at most 40 equal buckets, with peaks, averages, idle core hours and why executors went.',
  risk: 'read',
  toolsets: ['spark-history', 'spark-history-compact'],
  input: z.object(applicationInput),
  output: z.object({
    server: z.string(),
    bucket_ms: z.number(),
    timeline: tableSchema(POINT_COLUMNS),
    summary: measuresOutput,
    removals: tableSchema(REMOVAL_COLUMNS),
    gaps: gapsOutput,
  }),
  handler: async (input, context) => {
    const loaded = await loadApplication(input, context);
    const timeline = resourceTimeline(loaded.application);
    return {
      server: loaded.server,
      bucket_ms: timeline.bucketMs,
      timeline: firstRows(timeline.points, MAX_POINTS, POINT_COLUMNS, (point) => point),
      summary: { ...timeline.summary },
      removals: firstRows(timeline.removals, SHOWN_REASONS, REMOVAL_COLUMNS, (reason) => reason),
      gaps: [...gapsOf(loaded), ...localModeGap(loaded.application), ...timeline.gaps],
    };
  },
});
