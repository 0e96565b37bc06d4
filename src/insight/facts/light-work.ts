import type { PlanFragment } from './plan-fragments.ts';
import type { PlanSite } from './plan-nodes.ts';

/** Operators that cost next to nothing beside a shuffle, a sort, or parsing text. */
const LIGHT =
  /^(Exchange|Scan|FileScan|BatchScan|ColumnarToRow|InputAdapter|WholeStageCodegen|AQEShuffleRead|\w*QueryStage|AdaptiveSparkPlan|Project|Filter|Sort|SortMergeJoin|ShuffledHashJoin|BroadcastHashJoin|HashAggregate|ObjectHashAggregate|SortAggregate|Range|OverwriteByExpression|OverwriteData|CollectLimit|Execute|WriteFiles)/;

/** Calls out of the query whose time nobody knows. */
const CALLS = /\b(reflect|java_method|try_reflect|UDF)\(/i;

/** Longest text of a node that is searched, characters. */
const MAX_TEXT = 20_000;

/** True when all operators of a stage are light: then its time is that of its shuffle, sort or scan; else other work may be most of it. */
export function isLight(fragment: PlanFragment | null): boolean {
  return fragment?.sites.every(isLightSite) === true;
}

function isLightSite({ name, node }: PlanSite): boolean {
  if (!LIGHT.test(name)) return false;
  return !/^(Project|Filter)$/.test(name) || !CALLS.test(node.simpleString.slice(0, MAX_TEXT));
}
