import type { PlanNode, SqlExecution } from '../../eventlog/index.ts';
import { matchOperators, type OperatorPair } from './match-operators.ts';
import { locationOf, type Operator, operatorsOf, withoutIds } from './operators.ts';

/** One difference between two plans. `left` and `right` are null where that plan has nothing of the kind. Texts are of the log: quote them. */
export interface PlanChange {
  readonly kind:
    | 'join-strategy'
    | 'join-added'
    | 'join-removed'
    | 'exchange-kind'
    | 'exchange-added'
    | 'exchange-removed'
    | 'scan-added'
    | 'scan-removed'
    | 'scan-relation'
    | 'pushed-filters'
    | 'partition-filters'
    | 'columns-read'
    | 'adaptive'
    | 'operator-added'
    | 'operator-removed';
  /** What changed: join keys, relation, partitioning, operator. */
  readonly subject: string;
  readonly left: string | null;
  readonly right: string | null;
}

/** Two plans compared. */
export interface PlanDiff {
  readonly changes: readonly PlanChange[];
  /** All operators side by side, in plan order. */
  readonly operators: readonly OperatorPair[];
  readonly leftCount: number;
  readonly rightCount: number;
}

/** Which changes matter most, first to last. */
const ORDER: ReadonlyArray<PlanChange['kind']> = [
  'join-strategy',
  'join-added',
  'join-removed',
  'scan-added',
  'scan-removed',
  'scan-relation',
  'pushed-filters',
  'partition-filters',
  'columns-read',
  'exchange-kind',
  'exchange-added',
  'exchange-removed',
  'adaptive',
  'operator-added',
  'operator-removed',
];

/** Compares the final plans of two executions by structure. A missing plan has no operators. */
export function diffPlans(left: SqlExecution, right: SqlExecution): PlanDiff {
  const a = left.plan === null ? [] : operatorsOf(left.plan, left.metricValues);
  const b = right.plan === null ? [] : operatorsOf(right.plan, right.metricValues);
  const operators = matchOperators(a, b);
  const changes = [...operators.flatMap(changesOf), ...adaptiveChanges(left, right, operators)];
  changes.sort((x, y) => ORDER.indexOf(x.kind) - ORDER.indexOf(y.kind));
  return { changes, operators, leftCount: a.length, rightCount: b.length };
}

function changesOf(pair: OperatorPair): PlanChange[] {
  const { left, right } = pair;
  if (left === null) return right === null || right.kind === 'shuffle-read' ? [] : [oneSided(right, 'added')];
  if (right === null) return left.kind === 'shuffle-read' ? [] : [oneSided(left, 'removed')];
  switch (left.kind) {
    case 'join':
      return left.name === right.name
        ? []
        : [{ kind: 'join-strategy', subject: left.subject, left: left.name, right: right.name }];
    case 'exchange':
      return exchangeChange(left, right);
    case 'scan':
      return scanChanges(left, right);
    default:
      return [];
  }
}

function oneSided(operator: Operator, what: 'added' | 'removed'): PlanChange {
  const family =
    operator.kind === 'join' || operator.kind === 'exchange' || operator.kind === 'scan' ? operator.kind : 'operator';
  const subject = family === 'operator' ? operator.name : `${operator.name} ${operator.subject}`.trim();
  const text = withoutIds(operator.node.simpleString.slice(0, 2000));
  return {
    kind: `${family}-${what}`,
    subject,
    left: what === 'removed' ? text : null,
    right: what === 'added' ? text : null,
  };
}

/** Name and partitioning together: `Exchange hashpartitioning(k, 200)` against `BroadcastExchange …` or another count. */
function exchangeChange(left: Operator, right: Operator): PlanChange[] {
  const a = `${left.name} ${left.subject}`;
  const b = `${right.name} ${right.subject}`;
  return a === b ? [] : [{ kind: 'exchange-kind', subject: left.subject, left: a, right: b }];
}

const SCAN_FIELDS = [
  ['pushed-filters', 'PushedFilters'],
  ['partition-filters', 'PartitionFilters'],
  ['columns-read', 'ReadSchema'],
] as const;

function scanChanges(left: Operator, right: Operator): PlanChange[] {
  const fields = SCAN_FIELDS.flatMap(([kind, field]) => {
    const a = scanField(left.node, field);
    const b = scanField(right.node, field);
    return a === b ? [] : [{ kind, subject: left.subject, left: a, right: b }];
  });
  if (left.subject === right.subject) return fields;
  return [{ kind: 'scan-relation', subject: left.name, left: left.subject, right: right.subject }, ...fields];
}

/** A field of a scan, from its metadata or its text; ids and the order of filters do not count. Null when the scan has none. */
export function scanField(node: PlanNode, field: string): string | null {
  const raw =
    node.metadata[field] ?? new RegExp(`${field}: (\\[[^\\]]*\\]|struct<.*?>)(?:$|, )`).exec(node.simpleString)?.[1];
  if (raw === undefined) return null;
  const text = withoutIds(raw);
  if (field === 'Location') return locationOf(text);
  if (!text.startsWith('[')) return text;
  const inside = text.slice(1, text.endsWith(']') ? -1 : undefined).trim();
  return `[${splitTopLevel(inside).sort().join(', ')}]`;
}

/** Splits `a, f(b, c)` at the commas that are in no bracket. */
function splitTopLevel(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let from = 0;
  for (let at = 0; at < text.length; at++) {
    const letter = text[at];
    if (letter === '(' || letter === '[') depth++;
    else if (letter === ')' || letter === ']') depth--;
    else if (letter === ',' && depth === 0) {
      parts.push(text.slice(from, at).trim());
      from = at + 1;
    }
  }
  parts.push(text.slice(from).trim());
  return parts.filter((part) => part !== '');
}

/** What AQE did on either side: on or off, plan changed at run time, shuffle reads coalesced, split or local. */
function adaptiveChanges(left: SqlExecution, right: SqlExecution, operators: readonly OperatorPair[]): PlanChange[] {
  const rows: ReadonlyArray<readonly [string, string, string]> = [
    ['AQE', adaptiveState(left), adaptiveState(right)],
    [
      'shuffle reads',
      shuffleReads(operators.map((pair) => pair.left)),
      shuffleReads(operators.map((pair) => pair.right)),
    ],
  ];
  return rows.flatMap(([subject, a, b]) =>
    a === b ? [] : [{ kind: 'adaptive' as const, subject, left: a, right: b }],
  );
}

/** Whether AQE ran, and whether the plan that it ended with has other joins than the one that it began with. */
function adaptiveState(execution: SqlExecution): string {
  const { plan, initialPlan } = execution;
  if (plan === null) return 'no plan logged';
  if (!containsName(plan, 'AdaptiveSparkPlan')) return 'not used';
  if (initialPlan === null || initialPlan === plan) return 'plan not changed';
  const before = joinNames(initialPlan);
  const after = joinNames(plan);
  return before === after ? 'joins not changed' : `joins changed from ${before || 'none'} to ${after || 'none'}`;
}

function containsName(root: PlanNode, name: string): boolean {
  const pending = [root];
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    if (node.name.trim() === name) return true;
    for (const child of node.children) pending.push(child);
  }
  return false;
}

function joinNames(root: PlanNode): string {
  return operatorsOf(root, new Map())
    .filter((operator) => operator.kind === 'join')
    .map((operator) => operator.name)
    .join(', ');
}

/** `2 coalesced, 1 local`. */
function shuffleReads(operators: ReadonlyArray<Operator | null>): string {
  const counts = new Map<string, number>();
  for (const operator of operators) {
    if (operator?.kind !== 'shuffle-read') continue;
    const how = operator.node.simpleString.slice(operator.name.length).trim() || 'plain';
    counts.set(how, (counts.get(how) ?? 0) + 1);
  }
  return (
    [...counts]
      .sort()
      .map(([how, count]) => `${count} ${how}`)
      .join(', ') || 'none'
  );
}
