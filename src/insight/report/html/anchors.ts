import type { ReportModel } from '../model/report-model.ts';

/** Ids of the parts of one report within a page. Several reports of one page have different prefixes. */
export interface Anchors {
  id(part: string): string;
  /** Id of the part that an address of evidence names; null where the report does not show it. */
  of(address: string): string | null;
}

/** The ids of a report. `prefix` is empty or ends in `-`. */
export function anchorsOf(model: ReportModel, prefix: string): Anchors {
  const stages = new Set(model.stages.items.map(({ address }) => address));
  const plans = new Set(model.plans.items.map(({ executionId }) => String(executionId)));
  const nodes = new Set(
    model.plans.items.flatMap(({ executionId, nodes: { items } }) =>
      items.map(({ id }) => `${executionId}/nodes/${id}`),
    ),
  );
  const partOf: ReadonlyArray<readonly [RegExp, (number: string) => string | null]> = [
    [/^stages\/(\d+\.\d+)/, (stage) => (stages.has(`stages/${stage}`) ? `stage-${stage}` : null)],
    [/^sql\/(\d+\/nodes\/\d+)/, (node) => (nodes.has(node) ? `sql-${node.replace('/nodes/', '-node-')}` : null)],
    [/^sql\/(\d+)/, (execution) => (plans.has(execution) ? `sql-${execution}` : null)],
    [/^executors/, () => (model.occupancy === null ? null : 'executors')],
    [/^(?:jobs|application)/, () => 'timeline'],
  ];
  const id = (part: string) => `${prefix}${part}`;
  return {
    id,
    of(address) {
      for (const [form, name] of partOf) {
        const match = form.exec(address);
        const part = match === null ? null : name(match[1] ?? '');
        if (part !== null) return id(part);
      }
      return null;
    },
  };
}
