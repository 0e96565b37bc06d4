import type { Application, Job, Stage } from '../../eventlog/index.ts';
import { clip, type Interval, unite } from '../facts/intervals.ts';
import type { Run } from '../facts/run.ts';
import type { StageFacts } from '../facts/stage-facts.ts';
import type { StageTimes } from './stage-work.ts';

/**
 * One thing that happens in a group: the start of a job, the run of a stage attempt, the end of a job. It begins a constant
 * time after the last of those that it waits for, or after the begin of the group.
 */
export interface Step {
  /** Positions in the group of the steps that it waits for. */
  readonly after: readonly number[];
  /** Driver time between the last of them and its begin, ms. */
  readonly gapMs: number;
  /** Begin in the recorded run, ms after the begin of the group. */
  readonly startMs: number;
  readonly endMs: number;
  /** Position in `application.stages`; −1 for the start and the end of a job. */
  readonly stageRow: number;
  /** First job that asked for the stage: what FIFO orders by. */
  readonly jobId: number;
}

/** Jobs and stages that overlap in time, and nothing else does: the time between groups is the driver's alone. */
export interface Group {
  readonly span: Interval;
  readonly steps: readonly Step[];
}

interface Draft extends StageTimes {
  readonly kind: 'job-start' | 'stage' | 'job-end';
  readonly job: Job | null;
  readonly stage: Stage | null;
}

/** Divides a run into groups of overlapping jobs and finds what waited for what. */
export function groupsOf(run: Run, timesOf: (facts: StageFacts) => StageTimes | null): Group[] {
  const spans = spansOf(run);
  const drafts: Draft[][] = spans.map(() => []);
  const add = (draft: Draft): void => {
    drafts[placeOf(draft.start, spans)]?.push(draft);
  };
  for (const job of run.application.jobs) {
    if (job.submissionTime === null) continue;
    const place = spans[placeOf(job.submissionTime, spans)];
    if (place === undefined) continue;
    const start = job.submissionTime;
    const end = Math.min(place.end, Math.max(start, job.completionTime ?? openEnd(job, place)));
    add({ kind: 'job-start', job, stage: null, start, end: start });
    // An end belongs to the group of its start, however late it is.
    drafts[placeOf(start, spans)]?.push({ kind: 'job-end', job, stage: null, start: end, end });
  }
  for (const facts of run.stages) {
    const times = timesOf(facts);
    if (times !== null) add({ kind: 'stage', job: null, stage: facts.stage, ...times });
  }
  const parents = parentsIn(run.application);
  return spans.map((span, place) => linkGroup(span, drafts[place] ?? [], parents));
}

/** Times of jobs and of tasks that ran on after the end of their stage: those hold cores that the next job waits for. */
function spansOf(run: Run): Interval[] {
  const { window } = run;
  if (window === null) return [];
  const { columns } = run.application.tasks;
  const late: Interval[] = [];
  for (const { rows, span } of run.stages) {
    if (span === null) continue;
    let last = span.end;
    for (let position = 0; position < rows.length; position++) {
      const finish = columns.finishTimeMs.at(rows[position] as number);
      if (finish > last) last = finish;
    }
    const clipped = last > span.end ? clip({ start: span.start, end: last }, window) : null;
    if (clipped !== null) late.push(clipped);
  }
  return late.length === 0 ? [...run.jobIntervals] : unite([...run.jobIntervals, ...late]);
}

const openEnd = (job: Job, place: Interval): number =>
  job.status === 'RUNNING' || job.status === 'UNKNOWN' ? place.end : (job.submissionTime ?? place.start);

/** Position of the interval that a time is in; −1 for none. Cost: binary search. */
export function placeOf(time: number, united: readonly Interval[]): number {
  let low = 0;
  let high = united.length - 1;
  while (low <= high) {
    const middle = (low + high) >>> 1;
    const span = united[middle] as Interval;
    if (time < span.start) high = middle - 1;
    else if (time > span.end) low = middle + 1;
    else return middle;
  }
  return -1;
}

/** A skipped stage has the RDDs of the stage that ran in its stead: the last of them and their number tell it. */
function rddKey({ rddIds }: Stage): string {
  let last = -1;
  for (const id of rddIds) last = Math.max(last, id);
  return `${last} ${rddIds.length}`;
}

function ranStagesByRdds({ stages }: Application): ReadonlyMap<string, number[]> {
  const ran = new Map<string, number[]>();
  for (const stage of stages) {
    if (stage.status === 'SKIPPED' || stage.rddIds.length === 0) continue;
    append(ran, rddKey(stage), stage.stageId);
  }
  return ran;
}

/** What the search for predecessors looks up in a group. */
interface Lookup {
  readonly drafts: readonly Draft[];
  /** Positions of stage attempts by stage id. */
  readonly stages: ReadonlyMap<number, number[]>;
  readonly jobStarts: ReadonlyMap<number, number>;
  /** Positions of job ends in order of time. */
  readonly jobEnds: readonly number[];
  readonly parents: Parents;
}

/** Ids of the stages that a stage reads. */
type Parents = (stageId: number) => readonly number[];

/** Order of what begins in the same millisecond: a job that waited for another's end comes after it. */
function rankOf({ kind, job, start }: Draft): number {
  if (kind === 'job-end') return start > (job?.submissionTime ?? start) ? 0 : 3;
  return kind === 'job-start' ? 1 : 2;
}

function linkGroup(span: Interval, unordered: readonly Draft[], parents: Parents): Group {
  const drafts = [...unordered].sort(
    (a, b) => a.start - b.start || rankOf(a) - rankOf(b) || a.end - b.end || idOf(a) - idOf(b),
  );
  const stages = new Map<number, number[]>();
  const jobStarts = new Map<number, number>();
  const jobEnds: number[] = [];
  for (const [position, draft] of drafts.entries()) {
    if (draft.stage !== null) append(stages, draft.stage.stageId, position);
    if (draft.kind === 'job-start') jobStarts.set(draft.job?.jobId ?? -1, position);
    if (draft.kind === 'job-end') jobEnds.push(position);
  }
  const lookup = { drafts, stages, jobStarts, jobEnds, parents };
  return { span, steps: drafts.map((draft, position) => toStep(draft, position, lookup, span)) };
}

function append<K>(lists: Map<K, number[]>, key: K, value: number): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}

const idOf = (draft: Draft): number => draft.job?.jobId ?? draft.stage?.stageId ?? 0;

/** Stages that a stage reads, with those that ran in the place of skipped ones. */
function parentsIn(application: Application): Parents {
  const ran = ranStagesByRdds(application);
  const byId = new Map<number, Stage>();
  for (const stage of application.stages) if (!byId.has(stage.stageId)) byId.set(stage.stageId, stage);
  const parentsOf = (stageId: number): readonly number[] =>
    (byId.get(stageId)?.parentIds ?? []).flatMap((id) => {
      const parent = byId.get(id);
      return parent?.status === 'SKIPPED' ? [id, ...(ran.get(rddKey(parent)) ?? [])] : [id];
    });
  const found = new Map<number, readonly number[]>();
  return (stageId) => {
    const known = found.get(stageId) ?? parentsOf(stageId);
    found.set(stageId, known);
    return known;
  };
}

function toStep(draft: Draft, position: number, lookup: Lookup, span: Interval): Step {
  const after = predecessorsOf(draft, position, lookup);
  const latest = after.reduce((last, at) => Math.max(last, lookup.drafts[at]?.end ?? 0), span.start);
  return {
    after,
    gapMs: Math.max(0, draft.start - latest),
    startMs: draft.start - span.start,
    endMs: draft.end - span.start,
    stageRow: draft.stage?.row ?? -1,
    jobId: draft.job?.jobId ?? firstJobOf(draft.stage),
  };
}

const firstJobOf = (stage: Stage | null): number =>
  stage === null || stage.jobIds.length === 0 ? 0 : Math.min(...stage.jobIds);

/** Only what had ended when it began, and comes before it in the order of the group, can have been waited for. */
function predecessorsOf(draft: Draft, position: number, lookup: Lookup): number[] {
  const ended = (at: number): boolean => at < position && (lookup.drafts[at]?.end ?? Infinity) <= draft.start;
  if (draft.kind === 'job-end') return stagesOfJob(draft, lookup).filter(ended);
  if (draft.kind === 'job-start') return jobPredecessors(draft, position, lookup, ended);
  const stage = draft.stage as Stage;
  const jobs = stage.jobIds.flatMap((id) => lookup.jobStarts.get(id) ?? []).filter(ended);
  const parents = lookup.parents(stage.stageId).flatMap((id) => lookup.stages.get(id) ?? []);
  const attempts = (lookup.stages.get(stage.stageId) ?? []).filter((at) => at !== position);
  const waited = [...jobs.slice(0, 1), ...[...parents, ...attempts].filter(ended)];
  return waited.length > 0 ? waited : latestJobEnd(lookup, position, () => true);
}

function stagesOfJob(draft: Draft, lookup: Lookup): number[] {
  const stages = (draft.job?.stageIds ?? []).flatMap((id) => lookup.stages.get(id) ?? []);
  const start = lookup.jobStarts.get(draft.job?.jobId ?? -1);
  return start === undefined ? stages : [...stages, start];
}

/**
 * A job of a SQL execution waits for the shuffles that it reads and for the last job of its execution that had ended; where
 * it reads none that the log can tell, for all of them, as broadcasts leave no trace. Any other job waits for the last that
 * had ended.
 */
function jobPredecessors(draft: Draft, position: number, lookup: Lookup, ended: (at: number) => boolean): number[] {
  const job = draft.job as Job;
  const own = new Set(job.stageIds);
  const read = job.stageIds
    .flatMap((id) => lookup.parents(id))
    .filter((id) => !own.has(id))
    .flatMap((id) => lookup.stages.get(id) ?? [])
    .filter(ended);
  const same = (at: number): boolean =>
    job.sqlExecutionId !== null && lookup.drafts[at]?.job?.sqlExecutionId === job.sqlExecutionId;
  const last = latestJobEnd(lookup, position, same);
  if (read.length > 0) return [...read, ...(last.length > 0 ? last : latestJobEnd(lookup, position, () => true))];
  if (last.length > 0) return lookup.jobEnds.filter((at) => at < position && same(at));
  return latestJobEnd(lookup, position, () => true);
}

/** The last job end before a position; all of them are in order of time. */
function latestJobEnd({ jobEnds }: Lookup, position: number, wanted: (at: number) => boolean): number[] {
  let low = 0;
  let high = jobEnds.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((jobEnds[middle] as number) < position) low = middle + 1;
    else high = middle;
  }
  for (let place = low - 1; place >= 0; place--) {
    const at = jobEnds[place] as number;
    if (wanted(at)) return [at];
  }
  return [];
}
