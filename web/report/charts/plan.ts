import type { PlanBox, PlanGraph } from '../../../src/insight/report/model/report-model.ts';
import { formatCount, formatDuration, formatShare } from '../../../src/kernel/units.ts';
import { clip, type Look, textStyle, tooltipOf } from './look.ts';
import type { Drawing } from './surface.ts';

const BOX_PX = { width: 172, height: 40, padding: 4 };
const GAP_PX = { width: 36, height: 12 };
const NAME_CHARS = 20;
/** From this share of the plan's time on, a box is marked. */
const HOT_SHARE = 0.2;

interface TreeNode {
  readonly name: string;
  readonly value: number;
  readonly children: TreeNode[];
  readonly label: object;
}

/** The operators of a plan, the result on the left and what it reads to the right. */
export function planDrawing({ nodes }: PlanGraph, look: Look): Drawing {
  const boxes = nodes.items;
  const childrenOf = new Map<number | null, PlanBox[]>();
  for (const box of boxes) childrenOf.set(box.parent, [...(childrenOf.get(box.parent) ?? []), box]);
  const roots = childrenOf.get(null) ?? [];
  const { leaves, depth } = extentOf(roots, childrenOf);
  const toNode = (box: PlanBox): TreeNode => ({
    name: clip(box.name, NAME_CHARS),
    value: box.id,
    children: (childrenOf.get(box.id) ?? []).map(toNode),
    label: {
      formatter: labelOf(box),
      borderColor: box.share >= HOT_SHARE ? look.critical : look.muted,
      borderWidth: box.share >= HOT_SHARE ? 2 : 1,
    },
  });
  const width = depth * (BOX_PX.width + GAP_PX.width);
  return {
    width: width + 16,
    height: leaves * (BOX_PX.height + GAP_PX.height) + 24,
    option: {
      series: [
        {
          type: 'tree',
          data: roots.slice(0, 1).map(toNode),
          left: BOX_PX.width / 2 + 4,
          right: BOX_PX.width / 2 + 4,
          top: BOX_PX.height / 2 + 6,
          bottom: BOX_PX.height / 2 + 6,
          orient: 'LR',
          initialTreeDepth: -1,
          expandAndCollapse: false,
          roam: false,
          // The label is the box: a symbol of this shape would be drawn with a stretched border.
          symbol: 'circle',
          symbolSize: 1,
          edgeShape: 'polyline',
          edgeForkPosition: '50%',
          lineStyle: { color: look.muted, width: 1.2 },
          label: {
            position: 'inside',
            align: 'center',
            verticalAlign: 'middle',
            backgroundColor: look.panel,
            borderRadius: 6,
            padding: [BOX_PX.padding, 0],
            width: BOX_PX.width,
            rich: {
              name: { color: look.text, fontFamily: look.font, fontSize: 12, fontWeight: 600, lineHeight: 16 },
              facts: { color: look.muted, fontFamily: look.font, fontSize: 11, lineHeight: 14 },
            },
          },
          emphasis: { disabled: true },
        },
      ],
      textStyle: textStyle(look),
      tooltip: {
        ...tooltipOf(look, () => []),
        formatter: (params: unknown) => {
          const box = boxes.find(({ id }) => id === (params as { value: number }).value);
          const inner = tooltipOf(look, () => (box === undefined ? [] : linesOf(box)));
          return inner.formatter({});
        },
      },
    },
  };
}

/** Leaves and levels of a plan. A loop, not a recursion: it also ends on what is no tree. */
function extentOf(roots: readonly PlanBox[], childrenOf: ReadonlyMap<number | null, PlanBox[]>) {
  let level = [...roots];
  let leaves = 0;
  let depth = 0;
  while (level.length > 0) {
    depth += 1;
    leaves += level.filter(({ id }) => !childrenOf.has(id)).length;
    level = level.flatMap(({ id }) => childrenOf.get(id) ?? []);
  }
  return { leaves: Math.max(1, leaves), depth: Math.max(1, depth) };
}

/** Braces would be read as rich text. */
const plain = (text: string): string => text.replace(/[{}|]/g, ' ');

function labelOf(box: PlanBox): string {
  const facts = [
    box.rows === null ? '' : `${formatCount(box.rows)} rows`,
    box.timeMs === null ? '' : formatDuration(box.timeMs),
  ].filter((text) => text !== '');
  const name = `{name|${plain(clip(box.name, NAME_CHARS))}}`;
  return facts.length === 0 ? name : `${name}\n{facts|${plain(facts.join(' · '))}}`;
}

function linesOf(box: PlanBox): string[] {
  const time =
    box.timeMs === null
      ? []
      : [
          `${formatDuration(box.timeMs)} over all tasks${box.codegen === null ? '' : `, in generated code ${box.codegen}`}, ${formatShare(box.share)} of the plan`,
        ];
  return [box.name, ...time, ...box.metrics.map(([name, value]) => `${name}: ${value}`), clip(box.detail, 120)];
}
