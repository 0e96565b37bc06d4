import type { StoredChangeAudit, StoredObjectChange, StoredVersion } from '../../kernel/control-plane-records.ts';
import { HeadgateError } from '../../kernel/errors.ts';
import type { Applied } from '../control-plane.ts';
import { type DesiredState, objectsBetween, versionOf } from '../desired-state/desired-state.ts';
import { type Problem, problemsError } from '../problem.ts';
import type { Compiler, Step } from './compiler.ts';
import { type Edit, requireExpected } from './edit.ts';
import { auditedDifference, differencesOf, resourceDifferencesOf } from './object-difference.ts';
import type { Resolved } from './resolve-changes.ts';
import type { SecretMaterials } from './secret-materials.ts';
import { storedChangesOf } from './stored-forms.ts';

/** Names of changed objects that a version's record has. */
const NAMED_OBJECTS = 20;

/** Where the history stands. */
export interface Head {
  readonly state: DesiredState;
  /** 0: there is no version yet. */
  readonly number: number;
}

/** A change that was compiled and taken, and is to be stored; or one that changes nothing, or was refused. */
export type Staged = {
  readonly head: Head;
  readonly audit: StoredChangeAudit | null;
} & (
  | {
      readonly outcome: 'applied';
      readonly applied: Applied;
      readonly step: Step;
      readonly version: StoredVersion;
      readonly objects: readonly StoredObjectChange[];
      undo(): void;
    }
  | { readonly outcome: 'answered'; readonly applied: Applied }
  | { readonly outcome: 'refused'; readonly error: unknown }
);

/** What staging works with. */
export interface Stage {
  readonly compiler: Compiler;
  readonly secrets: SecretMaterials;
  readonly clock: () => number;
  readonly nextId: (at: number) => string;
}

/** Checks and compiles one change on top of a state. Nothing is left of one that is refused or only tried. */
export async function stageEdit(stage: Stage, head: Head, edit: Edit): Promise<Staged> {
  const at = stage.clock();
  const from = head.number === 0 ? null : versionOf(head.state);
  let resolved: Resolved | null = null;
  try {
    requireExpected(head.state, edit);
    resolved = edit.resolve(head.state);
    return await compile(stage, head, edit, resolved, at);
  } catch (error) {
    const explained = error instanceof HeadgateError ? (edit.explain?.(error) ?? error) : error;
    const difference = resolved === null ? [] : differencesOf(head.state, resolved);
    const audit = edit.dryRun
      ? null
      : auditOf(stage, edit, at, {
          outcome: 'refused',
          error: wordsOf(explained),
          fromVersion: from,
          toVersion: null,
          difference: JSON.stringify(auditedDifference(difference)),
        });
    return { outcome: 'refused', head, error: explained, audit };
  }
}

async function compile(stage: Stage, head: Head, edit: Edit, resolved: Resolved, at: number): Promise<Staged> {
  const { compiler, secrets } = stage;
  const { after } = resolved;
  const parent = versionOf(head.state);
  const version = versionOf(after);
  const objects = differencesOf(head.state, resolved);
  const facts = { fromVersion: head.number === 0 ? null : parent, error: null };
  if (version === parent && compiler.state === head.state) {
    const applied = {
      version,
      parent,
      changed: false,
      comparison: { from: parent, to: version, objects: [], resources: [] },
      warnings: resolved.warnings,
    };
    const difference = JSON.stringify(auditedDifference([]));
    const audit = edit.dryRun
      ? null
      : auditOf(stage, edit, at, { ...facts, outcome: 'unchanged', toVersion: version, difference });
    return { outcome: 'answered', head, applied, audit };
  }
  const before = { materials: secrets.materials, problems: secrets.problems };
  let step: Step;
  const unresolved = await secrets.resolve(resolved.changed.filter(({ kind }) => kind === 'secrets'));
  try {
    if (edit.unresolved === 'refuse' && unresolved.length > 0) throw problemsError(unresolved);
    const change = compiler.state === head.state ? resolved : objectsBetween(compiler.state, after);
    step = await compiler.advance(after, change, secrets.materials);
  } catch (error) {
    secrets.restore(before);
    throw error;
  }
  const undo = () => {
    step.undo();
    secrets.restore(before);
  };
  const warnings: Problem[] = [
    ...resolved.warnings,
    ...unresolved.map((problem) => ({ ...problem, severity: 'warning' as const })),
    ...step.warnings,
  ];
  const comparison = { from: parent, to: version, objects, resources: resourceDifferencesOf(step) };
  const applied = { version, parent, changed: version !== parent, comparison, warnings };
  if (edit.dryRun) {
    undo();
    return { outcome: 'answered', head, applied, audit: null };
  }
  const difference = JSON.stringify(auditedDifference(objects));
  const audit = auditOf(stage, edit, at, { ...facts, outcome: 'applied', toVersion: version, difference });
  const number = head.number + 1;
  const stored: StoredVersion = {
    number,
    version,
    parent: facts.fromVersion,
    subject: edit.author.subject,
    via: edit.author.via,
    reason: edit.author.reason,
    at,
    changedCount: resolved.changed.length,
    removedCount: resolved.removed.length,
    objects: [...resolved.changed, ...resolved.removed]
      .slice(0, NAMED_OBJECTS)
      .map(({ kind, name }) => `${kind}/${name}`),
    snapshots: Object.fromEntries([...step.groups].map(([group, { after: snapshot }]) => [group, snapshot.version])),
    configuration: edit.configuration,
    auditId: audit.id,
  };
  const changes = storedChangesOf(number, resolved);
  return {
    outcome: 'applied',
    head: { state: after, number },
    applied,
    step,
    version: stored,
    objects: changes,
    audit,
    undo,
  };
}

function auditOf(
  { nextId }: Stage,
  { author, action, configuration }: Edit,
  at: number,
  facts: Pick<StoredChangeAudit, 'outcome' | 'error' | 'fromVersion' | 'toVersion' | 'difference'>,
): StoredChangeAudit {
  const { subject, via, reason } = author;
  return { id: nextId(at), at, subject, via, reason, action, configuration, ...facts };
}

/** What the audit says of an error: nothing of one that is our bug but that it was one. */
function wordsOf(error: unknown): string {
  return error instanceof HeadgateError ? `${error.code}: ${error.message}` : 'internal';
}
