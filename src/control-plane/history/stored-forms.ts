import { randomBytes } from 'node:crypto';
import type {
  StoredChangeAudit,
  StoredObject,
  StoredObjectChange,
  StoredVersion,
} from '../../kernel/control-plane-records.ts';
import type { ChangeAudit, VersionRecord } from '../control-plane.ts';
import {
  type DesiredObject,
  type DesiredState,
  desiredObject,
  EMPTY_STATE,
  KINDS,
  type Kind,
  withObjects,
} from '../desired-state/desired-state.ts';
import type { ObjectsChange } from './compiler.ts';

const kinds: ReadonlySet<string> = new Set(KINDS);

/** The state of the objects that are kept. */
export function stateOf(objects: readonly StoredObject[]): DesiredState {
  return withObjects(EMPTY_STATE, objects.flatMap(objectOf), []);
}

/** Objects that are kept as changed, in the form that a state takes. */
export function changeOf(changes: readonly StoredObjectChange[]): ObjectsChange {
  return {
    changed: changes.flatMap(({ kind, name, spec }) => (spec === null ? [] : objectOf({ kind, name, spec }))),
    removed: changes.flatMap(({ kind, name, spec }) => (spec === null && isKind(kind) ? [{ kind, name }] : [])),
  };
}

/** What is kept of a change. */
export function storedChangesOf(number: number, { changed, removed }: ObjectsChange): StoredObjectChange[] {
  return [
    ...changed.map(({ kind, name, spec }) => ({ number, kind, name, spec: JSON.stringify(spec) })),
    ...removed.map(({ kind, name }) => ({ number, kind, name, spec: null })),
  ];
}

/** The version as history shows it. */
export function toVersionRecord(stored: StoredVersion): VersionRecord {
  const { subject, via, reason, configuration: _, auditId: __, ...rest } = stored;
  return { ...rest, author: { subject, via, reason } };
}

/** The audit entry as history shows it. */
export function toChangeAudit(stored: StoredChangeAudit): ChangeAudit {
  const { subject, via, reason, configuration: _, ...rest } = stored;
  return {
    ...rest,
    author: { subject, via, reason },
    outcome: stored.outcome as ChangeAudit['outcome'],
    difference: JSON.parse(stored.difference) as ChangeAudit['difference'],
  };
}

/** Ids that sort by time, then by a counter of this process, and differ between processes. */
export function createIds(): (at: number) => string {
  const writer = randomBytes(6).toString('hex');
  let count = 0;
  return (at) => {
    count += 1;
    return `${at.toString(16).padStart(12, '0')}-${count.toString(16).padStart(12, '0')}-${writer}`;
  };
}

function objectOf({ kind, name, spec }: StoredObject): DesiredObject[] {
  return isKind(kind) ? [desiredObject(kind, name, JSON.parse(spec) as Record<string, unknown>)] : [];
}

/** A newer Headgate may have written others. */
function isKind(kind: string): kind is Kind {
  return kinds.has(kind);
}
