import { median } from 'simple-statistics';
import type { Application, SqlExecution } from '../../eventlog/index.ts';
import { labelLog, quoteLogLine } from '../../kernel/log-text.ts';
import { formatBytes, formatCount } from '../../kernel/units.ts';
import { analyze } from '../analyze.ts';
import { compareEnvironments } from '../compare/environments.ts';
import { diffPlans } from '../compare/plan-diff.ts';
import { executorsOf } from '../facts/capacity.ts';
import type { UsedRun } from './match-runs.ts';

/** Something that differs between all runs of one side and all of the other, and may explain the difference in time. */
export interface Explanation {
  readonly kind: 'finding' | 'config' | 'plan' | 'input' | 'spark-version' | 'executors';
  /** A property, a rule, a query with the operator that changed. Safe to print. */
  readonly subject: string;
  /** Null where that side has nothing of the kind. Safe to print. */
  readonly baseline: string | null;
  readonly candidate: string | null;
}

/** Longest text of a value or an operator, characters. */
const TEXT_CHARS = 120;

/** Most changes of one plan that are named: beyond it the plans are different ones. */
const PLAN_CHANGES = 8;

/** Change of the input volume that is named. */
const VOLUME_SHARE = 0.02;

type Side = ReadonlyArray<Pick<UsedRun, 'application' | 'run' | 'work'>>;

/** Names what differs between two sets of runs, at least one each: findings, properties, plans, input, version, executors. */
export function explain(baseline: Side, candidate: Side): Explanation[] {
  return [
    ...findingChanges(baseline, candidate),
    ...versionChange(baseline, candidate),
    ...configChanges(baseline, candidate),
    ...executorChanges(baseline, candidate),
    ...planChanges(baseline, candidate),
    ...inputChanges(baseline, candidate),
  ];
}

const middleOf = <T>(side: readonly T[]): T => side[Math.floor((side.length - 1) / 2)] as T;
const medianOf = (side: Side, measure: (run: Side[number]) => number): number => median(side.map(measure));
const shown = (text: string): string => quoteLogLine(text, TEXT_CHARS);

/** Rules that found something in most runs of one side and in at most half of the other. */
function findingChanges(baseline: Side, candidate: Side): Explanation[] {
  const [a, b] = [baseline.map(titlesOf), candidate.map(titlesOf)];
  const rules = [...new Set([...a, ...b].flatMap((titles) => [...titles.keys()]))];
  return rules.flatMap((rule): Explanation[] => {
    const [before, after] = [usually(a, rule), usually(b, rule)];
    if ((before === null) === (after === null)) return [];
    return [{ kind: 'finding', subject: rule, baseline: before, candidate: after }];
  });
}

/** Rule → title of its gravest finding, of those that are more than a note. */
function titlesOf({ application }: Side[number]): Map<string, string> {
  const titles = new Map<string, string>();
  for (const { rule, title, severity } of analyze(application).findings) {
    if (severity !== 'info' && !titles.has(rule)) titles.set(rule, title);
  }
  return titles;
}

function usually(side: ReadonlyArray<Map<string, string>>, rule: string): string | null {
  const titles = side.flatMap((run) => run.get(rule) ?? []);
  return titles.length * 2 > side.length ? middleOf(titles.sort()) : null;
}

function versionChange(baseline: Side, candidate: Side): Explanation[] {
  const [a, b] = [versionsOf(baseline), versionsOf(candidate)];
  return a === b ? [] : [{ kind: 'spark-version', subject: 'Spark', baseline: a, candidate: b }];
}

function versionsOf(side: Side): string | null {
  const versions = side.flatMap(({ application }) => application.sparkVersion ?? []);
  return versions.length === 0 ? null : [...new Set(versions.map(labelLog))].sort().join(', ');
}

/** Properties of Spark and of the runtime on which no run of one side agrees with one of the other. */
function configChanges(baseline: Side, candidate: Side): Explanation[] {
  const [a, b] = [middleOf(baseline).application, middleOf(candidate).application];
  const against = (one: Application, others: Side) =>
    others.map(
      ({ application }) => new Set(differencesOf(one, application).map(({ section, key }) => `${section} ${key}`)),
    );
  const sets = [...against(a, candidate), ...against(b, baseline)];
  return differencesOf(a, b)
    .filter(({ section, key }) => sets.every((set) => set.has(`${section} ${key}`)))
    .map(({ key, left, right }) => ({
      kind: 'config',
      subject: labelLog(key),
      baseline: left === null ? null : shown(left),
      candidate: right === null ? null : shown(right),
    }));
}

function differencesOf(a: Application, b: Application) {
  return compareEnvironments(a.environment, b.environment).differences.filter(
    ({ section, key }) => (section === 'spark_properties' && !NOT_A_SETTING.test(key)) || section === 'runtime',
  );
}

/** Spark properties that name a run, not how it is run. */
const NOT_A_SETTING = /^spark\.(app\.name|eventLog\.|submit\.|yarn\.tags|repl\.)/;

function executorChanges(baseline: Side, candidate: Side): Explanation[] {
  const rows: ReadonlyArray<readonly [string, (run: Side[number]) => number]> = [
    ['executors', ({ application }) => executorsOf(application).length],
    ['cores at most', ({ run }) => run.peakCores],
  ];
  return rows.flatMap(([subject, measure]): Explanation[] => {
    const [a, b] = [medianOf(baseline, measure), medianOf(candidate, measure)];
    return a === b ? [] : [{ kind: 'executors', subject, baseline: formatCount(a), candidate: formatCount(b) }];
  });
}

/** Plans of the queries that both middle runs have, paired by description in the order in which they ran. */
function planChanges(baseline: Side, candidate: Side): Explanation[] {
  const waiting = new Map<string, SqlExecution[]>();
  for (const sql of middleOf(candidate).application.sqlExecutions) {
    waiting.set(keyOf(sql), [...(waiting.get(keyOf(sql)) ?? []), sql]);
  }
  const seen = new Set<string>();
  return middleOf(baseline).application.sqlExecutions.flatMap((left) => {
    const right = waiting.get(keyOf(left))?.shift();
    if (right === undefined || left.plan === null || right.plan === null) return [];
    return diffPlans(left, right)
      .changes.slice(0, PLAN_CHANGES)
      .map(
        (change): Explanation => ({
          kind: 'plan',
          subject: `${change.kind} ${shown(change.subject)} in ${shown(left.description)}`,
          baseline: change.left === null ? null : shown(change.left),
          candidate: change.right === null ? null : shown(change.right),
        }),
      )
      .filter((change) => {
        const text = JSON.stringify(change);
        return seen.has(text) ? false : seen.add(text) !== undefined;
      });
  });
}

const keyOf = ({ description }: SqlExecution): string => description.replace(/\d+/g, '#');

function inputChanges(baseline: Side, candidate: Side): Explanation[] {
  const rows: ReadonlyArray<readonly [string, (run: Side[number]) => number | null, (value: number) => string]> = [
    ['rows', ({ work }) => work.rows, formatCount],
    ['bytes', ({ work }) => work.bytes, formatBytes],
    ['SQL executions', ({ work }) => work.sqlCount, formatCount],
    ['jobs', ({ work }) => work.jobCount, formatCount],
  ];
  return rows.flatMap(([subject, measure, format]): Explanation[] => {
    const [a, b] = [knownMedian(baseline, measure), knownMedian(candidate, measure)];
    if (a === null || b === null || Math.abs(a - b) <= VOLUME_SHARE * Math.max(a, b)) return [];
    return [{ kind: 'input', subject, baseline: format(a), candidate: format(b) }];
  });
}

function knownMedian(side: Side, measure: (run: Side[number]) => number | null): number | null {
  const known = side.flatMap((run) => measure(run) ?? []);
  return known.length === 0 ? null : median(known);
}
