import { createHash } from 'node:crypto';
import type { Application, SqlExecution } from '../../eventlog/index.ts';
import { redactText } from '../../kernel/redaction.ts';
import { type Operator, operatorsOf } from '../compare/operators.ts';
import { withoutDigits } from '../compare/without-digits.ts';

/** SQL executions whose shapes are kept, the longest. */
const KEPT_PLANS = 12;
/** Longest description by which executions are known, characters. */
const LABEL_CHARS = 100;
/** Characters of a hash: 72 bits tell all plans of a history apart. */
const HASH_CHARS = 12;
/** Operators that decide how long a query takes. */
const TELLING = /join|cartesianproduct|exchange|python|pandas|arrow/i;

/** The SQL executions of a run that have one description, as one. */
export interface PlanShape {
  /** Description or call site, digits as `#`. Text of a log. */
  readonly label: string;
  /** Equal for equal operators over equal relations in equal order, whatever ids, dates, literals and partition counts are. */
  readonly hash: string;
  /** Joins, exchanges and Python operators, with how often they are. */
  readonly operators: Readonly<Record<string, number>>;
  /** Sum of their times, ms. */
  readonly wallMs: number;
}

/** What AQE adds to read a shuffle depends on sizes of the day: it is no part of a shape. */
function operatorsIn({ plan, metricValues }: SqlExecution): Operator[] {
  return plan === null ? [] : operatorsOf(plan, metricValues).filter(({ kind }) => kind !== 'shuffle-read');
}

/** Literals of conditions change from day to day as dates do: only joins and scans are known by what they are about. */
function lineOf({ depth, name, kind, subject }: Operator): string {
  const about = kind === 'join' || kind === 'scan' ? subject : '';
  return `${depth} ${withoutDigits(name)} ${withoutDigits(about)}`;
}

function hashOf(lines: readonly string[]): string {
  const hash = createHash('sha256');
  for (const line of lines) hash.update(`${line}\n`);
  return hash.digest('base64url').slice(0, HASH_CHARS);
}

/** Shapes of an application's SQL executions by description, the longest first. */
export function planShapes({ sqlExecutions }: Pick<Application, 'sqlExecutions'>): PlanShape[] {
  const groups = new Map<string, SqlExecution[]>();
  for (const execution of sqlExecutions) {
    if (execution.plan === null) continue;
    const label = redactText(withoutDigits(execution.description.replace(/\s+/g, ' ').slice(0, LABEL_CHARS)));
    groups.set(label, [...(groups.get(label) ?? []), execution]);
  }
  return [...groups]
    .map(([label, executions]) => describe(label, executions))
    .sort((a, b) => b.wallMs - a.wallMs || (a.label < b.label ? -1 : 1))
    .slice(0, KEPT_PLANS);
}

function describe(label: string, executions: readonly SqlExecution[]): PlanShape {
  const shapes = new Map<string, Operator[]>();
  let wallMs = 0;
  for (const execution of executions) {
    const operators = operatorsIn(execution);
    shapes.set(hashOf(operators.map(lineOf)), operators);
    const { submissionTime: start, completionTime: end } = execution;
    if (start !== null && end !== null) wallMs += Math.max(0, end - start);
  }
  const operators: Record<string, number> = {};
  for (const { name } of [...shapes.values()].flat()) {
    if (TELLING.test(name)) operators[withoutDigits(name)] = (operators[withoutDigits(name)] ?? 0) + 1;
  }
  const hashes = [...shapes.keys()].sort();
  return { label, hash: hashes.length === 1 ? (hashes[0] ?? '') : hashOf(hashes), operators, wallMs };
}
