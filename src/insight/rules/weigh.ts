import type { Impact, Severity } from '../../kernel/finding.ts';
import { formatDuration } from '../../kernel/units.ts';
import type { Run } from '../facts/run.ts';
import type { Change } from '../replay/changes.ts';
import type { Replay } from '../replay/prediction.ts';
import { isOutcome, isStated } from './catalog.ts';
import { applicable, changesOf } from './changes-of.ts';
import type { Group, RuledSuspicion } from './fold.ts';
import { changesOfGroup, isWeighedAlone, mergeGroup } from './group.ts';
import { gradeOf } from './materiality.ts';
import { sameLevers } from './same-levers.ts';
import { impactOf, isMaterial, type Saving, savingOf } from './saving.ts';
import { mostSavedMs } from './upper-bound.ts';

/** A suspicion with what it is worth. */
export interface Weighed {
  readonly suspicion: RuledSuspicion;
  readonly severity: Severity;
  readonly impact: Impact;
  /** What was replayed; empty where nothing was. */
  readonly changes: readonly Change[];
  readonly saving: Saving | null;
}

/** Suspicions sorted by whether they are worth a finding. */
export interface Weighing {
  readonly reported: readonly Weighed[];
  readonly minor: readonly Weighed[];
}

const RANK: Readonly<Record<Severity, number>> = { critical: 2, warning: 1, info: 0 };

/**
 * Weighs groups of suspicions by replay. A group is reported when the run without it saves 5 % of the wall time or of the core
 * time, and a second; its impact is that saving, its severity follows from it. What no replay can show keeps the impact that
 * its rule states: failures are reported whatever time they took, risks where
 * their rule calls them a warning, everything else when that impact is material and its
 * rule calls it more than information.
 *
 * `replay` is made when the first group asks for it, each group is predicted at most once, and not at all when the changes
 * cannot save enough: that is then minor with the impact that its rule states.
 */
export function weigh(run: Run, groups: readonly Group[], replay: () => Replay | null): Weighing {
  const asked = groups.map((group) => resolve(run, group, replay));
  const { kept } = sameLevers(asked);
  const reported: Weighed[] = [];
  const minor: Weighed[] = [];
  for (const one of kept) place(run, one, replay, reported, minor);
  return { reported, minor };
}

/** A group with the changes that a replay is to make; null where none can show it or none is needed to see that it is minor. */
export interface Asked {
  readonly group: Group;
  readonly changes: readonly Change[] | null;
}

function resolve(run: Run, group: Group, replay: () => Replay | null): Asked {
  const changes = changesOfGroup(group);
  if (changes === undefined || run.wallMs <= 0) return { group, changes: null };
  if (typeof changes !== 'function' && !isStated(group.cause.rule) && !canMatter(run, changes)) {
    return { group, changes: [] };
  }
  const made = replay();
  if (made === null) return { group, changes: null };
  const { tasks } = run.application;
  const found = applicable(changesOf(changes, made), (row) => tasks.durationMs(row));
  return { group: withRemedy(group, found), changes: found };
}

/** Advice and properties as the found changes make them exact. */
function withRemedy(group: Group, changes: readonly Change[]): Group {
  const exact = group.cause.remedy?.(changes);
  return exact === undefined ? group : { ...group, cause: { ...group.cause, ...exact } };
}

/** False when not even all the time that the changes touch is worth a finding. */
function canMatter(run: Run, changes: readonly Change[]): boolean {
  const most = mostSavedMs(run, changes);
  return isMaterial({
    seconds: most / 1000,
    share: most / run.wallMs,
    interval_seconds: [0, 0],
    core: null,
    longer_seconds: 0,
  });
}

function place(run: Run, asked: Asked, replay: () => Replay | null, reported: Weighed[], minor: Weighed[]): void {
  const saving = predicted(run, asked, replay);
  const weighed = weighOne(run, asked, saving);
  if (isReported(weighed, asked)) {
    reported.push({ ...weighed, suspicion: explained(mergeGroup(asked.group), saving) });
    return;
  }
  const other = otherEstimate(run, asked, replay);
  if (other !== null) {
    reported.push({ ...other, suspicion: explained(mergeGroup(asked.group), other.saving) });
    return;
  }
  const alone = asked.group.folded.filter(isWeighedAlone);
  const rest = asked.group.folded.filter((folded) => !alone.includes(folded));
  minor.push({ ...weighed, severity: 'info', suspicion: mergeGroup({ ...asked.group, folded: rest }) });
  for (const { suspicion } of alone) {
    place(run, resolve(run, { cause: suspicion, folded: [] }, replay), replay, reported, minor);
  }
}

/**
 * What a group is worth by the estimate of another rule that names the same changes, as another number of tasks for the same
 * stage; null where that is not enough either.
 */
function otherEstimate(run: Run, { group }: Asked, replay: () => Replay | null): Weighed | null {
  for (const { suspicion, as } of group.folded) {
    if (as !== 'same') continue;
    const asked = resolve(run, { cause: suspicion, folded: [] }, replay);
    const weighed = weighOne(run, { ...asked, group }, predicted(run, asked, replay));
    if (isReported(weighed, asked)) return weighed;
  }
  return null;
}

function predicted(run: Run, { changes }: Asked, replay: () => Replay | null): Saving | null {
  if (changes === null || changes.length === 0) return null;
  const made = replay();
  return made === null ? null : savingOf(run, made, made.predict(changes));
}

function weighOne(run: Run, { group, changes }: Asked, saving: Saving | null): Weighed {
  const stated = group.cause.impact;
  const replayed = saving !== null && (!isStated(group.cause.rule) || isMaterial(saving)) ? impactOf(saving) : null;
  const impact: Impact = replayed ?? (stated.seconds > 0 ? { ...stated, basis: 'observed' } : stated);
  return {
    suspicion: group.cause,
    severity: severityOf(run, group.cause, impact, changes),
    impact,
    changes: changes ?? [],
    saving,
  };
}

/** A failure or a risk is at least as grave as its rule says; what no replay shows at most; what it shows by what it saves alone. */
function severityOf(run: Run, cause: RuledSuspicion, impact: Impact, changes: readonly Change[] | null): Severity {
  const grade = gradeOf(run, impact);
  if (isStated(cause.rule)) {
    return impact.basis === 'replay' && RANK[grade] > RANK[cause.severity] ? grade : cause.severity;
  }
  if (changes !== null) return impact.basis === 'replay' ? grade : 'info';
  return RANK[cause.severity] < RANK[grade] ? cause.severity : grade;
}

function isReported(weighed: Weighed, { group, changes }: Asked): boolean {
  if (isOutcome(group.cause.rule)) return true;
  if (isStated(group.cause.rule)) return weighed.severity !== 'info';
  if (changes === null) return weighed.severity !== 'info';
  return weighed.saving !== null && isMaterial(weighed.saving);
}

/** Says what a change costs that saves cores and takes time. */
function explained(suspicion: RuledSuspicion, saving: Saving | null): RuledSuspicion {
  if (saving === null || saving.longer_seconds < 0.1) return suspicion;
  const fact = `By replay the run would take ${formatDuration(saving.longer_seconds * 1000)} longer with these changes.`;
  const evidence = {
    fact,
    address: 'replay',
    metric: 'added_wall_seconds',
    value: saving.longer_seconds,
    unit: 's',
  };
  return { ...suspicion, evidence: [...suspicion.evidence, evidence] };
}
