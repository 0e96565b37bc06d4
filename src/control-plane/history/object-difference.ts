import { isDeepStrictEqual } from 'node:util';
import type { ObjectDifference, ResourceDifference } from '../control-plane.ts';
import type { DesiredState } from '../desired-state/desired-state.ts';
import { maskedField } from '../mask-secrets.ts';
import { setOf } from '../snapshot/snapshot.ts';
import type { ObjectsChange, Step } from './compiler.ts';

type Field = ObjectDifference['fields'][number];
type Spec = Readonly<Record<string, unknown>>;

/** Fields that the audit keeps of one change. */
const AUDITED_FIELDS = 200;

/** What objects were and are, field by field; secrets that were written in clear are masked. */
export function differencesOf(before: DesiredState, { changed, removed }: ObjectsChange): ObjectDifference[] {
  const present = changed.map(({ kind, name, spec }) => {
    const was = before[kind].get(name)?.spec;
    return {
      kind,
      name,
      change: was === undefined ? ('added' as const) : ('changed' as const),
      fields: fieldsBetween(was, spec),
    };
  });
  const gone = removed.map(({ kind, name }) => ({
    kind,
    name,
    change: 'removed' as const,
    fields: fieldsBetween(before[kind].get(name)?.spec, undefined),
  }));
  return [...present, ...gone];
}

/** Resources that a step changed, group by group. */
export function resourceDifferencesOf({ groups }: Pick<Step, 'groups'>): ResourceDifference[] {
  return [...groups].flatMap(([group, { before, change }]) => [
    ...change.changed.map(({ typeUrl, name }) => {
      const was = setOf(before, typeUrl).has(name);
      return { group, typeUrl, name, change: was ? ('changed' as const) : ('added' as const) };
    }),
    ...change.removed.map(({ typeUrl, name }) => ({ group, typeUrl, name, change: 'removed' as const })),
  ]);
}

/** What the audit keeps of differences. */
export function auditedDifference(objects: readonly ObjectDifference[]): { objects: ObjectDifference[]; cut: boolean } {
  const kept: ObjectDifference[] = [];
  let left = AUDITED_FIELDS;
  for (const object of objects) {
    if (left <= 0) return { objects: kept, cut: true };
    const fields = object.fields.slice(0, left);
    kept.push({ ...object, fields });
    left -= Math.max(1, object.fields.length);
    if (fields.length < object.fields.length) return { objects: kept, cut: true };
  }
  return { objects: kept, cut: false };
}

function fieldsBetween(was: Spec | undefined, is: Spec | undefined): Field[] {
  const fields: Field[] = [];
  if (was === undefined || is === undefined) {
    const only = was ?? is ?? {};
    for (const [key, value] of Object.entries(only)) {
      const pointer = `/${escaped(key)}`;
      const shown = maskedField(pointer, value);
      fields.push(was === undefined ? { pointer, is: shown } : { pointer, was: shown });
    }
    return fields;
  }
  collect('', was, is, fields);
  return fields;
}

function collect(pointer: string, was: unknown, is: unknown, fields: Field[]): void {
  if (isDeepStrictEqual(was, is)) return;
  if (!isContainer(was) || !isContainer(is) || Array.isArray(was) !== Array.isArray(is)) {
    fields.push({
      pointer,
      ...(was === undefined ? {} : { was: maskedField(pointer, was) }),
      ...(is === undefined ? {} : { is: maskedField(pointer, is) }),
    });
    return;
  }
  const keys = new Set([...Object.keys(was), ...Object.keys(is)]);
  for (const key of keys) collect(`${pointer}/${escaped(key)}`, was[key], is[key], fields);
}

function isContainer(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/** RFC 6901, section 3. */
function escaped(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}
