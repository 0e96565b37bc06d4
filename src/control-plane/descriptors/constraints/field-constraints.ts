import type { DescEnum, DescField, DescMessage, ScalarType } from '@bufbuild/protobuf';
import { isZero, type Scalar, zeroOf } from '../json-scalars.ts';
import { nanosecondsOf } from '../time-values.ts';
import { allOf, type Constraint, counted, type Rules } from './constraint.ts';
import { numberConstraint } from './number-constraints.ts';
import { bytesConstraint, textConstraint } from './text-constraints.ts';

/** What `validate.rules` asks of a field. */
export interface FieldConstraints {
  readonly required: boolean;
  /** The message is not looked into. */
  readonly skip: boolean;
  /** Of a scalar, an enum, what a wrapper wraps, a duration in nanoseconds, or the type URL of an `Any`. */
  readonly value: Constraint | null;
  /** Of how many items a list, or pairs a map, has. */
  readonly size: ((count: number) => string | null) | null;
  /** Items of a list that are the same are refused. */
  readonly unique: boolean;
  /** Of a list's items, or a map's values. */
  readonly items: FieldConstraints | null;
  readonly keys: FieldConstraints | null;
}

interface Constrained {
  readonly scalar: ScalarType | undefined;
  readonly enum: DescEnum | undefined;
  readonly message: DescMessage | undefined;
}

/** The constraints of rules in JSON. Null: none. */
export function fieldConstraints(field: DescField, rules: Rules): FieldConstraints | null {
  if (field.fieldKind === 'map') return mapConstraints(field, rules);
  if (field.fieldKind === 'list') return listConstraints(field, rules);
  return valueConstraints(field, rules);
}

/** What is wrong with a field that is not given; null: nothing. */
export function absenceViolation(field: DescField, constraints: FieldConstraints): string | null {
  // In a oneof only what is chosen counts, and the choice itself has a rule of its own.
  if ((field as { oneof?: unknown }).oneof !== undefined) return null;
  if (constraints.required) return 'is required';
  if (constraints.size !== null) return constraints.size(0);
  const implicit = field.fieldKind === 'enum' || field.fieldKind === 'scalar';
  if (!implicit || field.proto.proto3Optional) return null;
  return constraints.value?.(field.fieldKind === 'enum' ? 0 : zeroOf(field.scalar)) ?? null;
}

function mapConstraints(field: DescField & { fieldKind: 'map' }, rules: Rules): FieldConstraints | null {
  const map = rulesOf(rules, 'map');
  if (map === null) return null;
  const key = { scalar: field.mapKey, enum: undefined, message: undefined };
  return {
    ...NOTHING,
    size: sizeConstraint(map, 'min_pairs', 'max_pairs', 'entry', 'entries'),
    keys: valueConstraints(key, rulesOf(map, 'keys') ?? {}),
    items: valueConstraints(field, rulesOf(map, 'values') ?? {}),
  };
}

function listConstraints(field: DescField & { fieldKind: 'list' }, rules: Rules): FieldConstraints | null {
  const list = rulesOf(rules, 'repeated');
  if (list === null) return null;
  return {
    ...NOTHING,
    size: sizeConstraint(list, 'min_items', 'max_items', 'item', 'items'),
    unique: list.unique === true,
    items: valueConstraints(field, rulesOf(list, 'items') ?? {}),
  };
}

function valueConstraints(field: Constrained, rules: Rules): FieldConstraints | null {
  const kind = Object.keys(rules).find((name) => name !== 'message');
  const own = kind === undefined ? {} : (rulesOf(rules, kind) ?? {});
  const message = rulesOf(rules, 'message') ?? {};
  const value = kind === undefined ? null : kindConstraint(kind, own, field);
  const required = message.required === true || own.required === true;
  if (value === null && !required && message.skip !== true) return null;
  return {
    ...NOTHING,
    required,
    skip: message.skip === true,
    value: own.ignore_empty === true ? unlessZero(value) : value,
  };
}

function kindConstraint(kind: string, rules: Rules, field: Constrained): Constraint | null {
  switch (kind) {
    case 'string':
      return textConstraint(rules);
    case 'bytes':
      return bytesConstraint(rules);
    case 'bool':
      return rules.const === undefined ? null : (value) => (value === rules.const ? null : `must be ${rules.const}`);
    case 'enum':
      return allOf(
        [numberConstraint(rules, Number, enumNames(field.enum)), definedOnly(rules, field.enum)].filter(notNull),
      );
    case 'duration':
      return numberConstraint(rules, durationBound, (nanoseconds) => `${Number(nanoseconds) / 1e9}s`);
    case 'any':
      return listedTypes(rules);
    case 'timestamp':
      return null;
    default:
      return numberConstraint(rules, isWide(kind) ? (json) => BigInt(json as string) : Number);
  }
}

function definedOnly(rules: Rules, descriptor: DescEnum | undefined): Constraint | null {
  if (rules.defined_only !== true || descriptor === undefined) return null;
  const known = new Set(descriptor.values.map(({ number }) => number));
  return (value) => (known.has(value as number) ? null : `must be a value of ${descriptor.typeName}, and is ${value}`);
}

function enumNames(descriptor: DescEnum | undefined): (value: number | bigint) => string {
  return (value) => descriptor?.values.find(({ number }) => number === value)?.name ?? String(value);
}

function listedTypes(rules: Rules): Constraint | null {
  const constraints: Constraint[] = [];
  if (Array.isArray(rules.in)) {
    const allowed = rules.in;
    constraints.push((value) => (allowed.includes(value) ? null : `must be of a type in ${allowed.join(', ')}`));
  }
  if (Array.isArray(rules.not_in)) {
    const forbidden = rules.not_in;
    constraints.push((value) => (forbidden.includes(value) ? `must not be of type ${value}` : null));
  }
  return allOf(constraints);
}

function sizeConstraint(
  rules: Rules,
  leastName: string,
  mostName: string,
  one: string,
  many: string,
): ((count: number) => string | null) | null {
  const least = rules[leastName] === undefined ? 0 : Number(rules[leastName]);
  const most = rules[mostName] === undefined ? Number.POSITIVE_INFINITY : Number(rules[mostName]);
  if (least === 0 && most === Number.POSITIVE_INFINITY) return null;
  const shown = (count: number) => (count === 1 ? counted(1, one) : `${count} ${many}`);
  return (count) => {
    if (count === 0 && rules.ignore_empty === true) return null;
    if (count < least) return `must have at least ${shown(least)}, and has ${count}`;
    return count > most ? `must have at most ${shown(most)}, and has ${count}` : null;
  };
}

function unlessZero(constraint: Constraint | null): Constraint | null {
  return constraint === null ? null : (value: Scalar) => (isZero(value) ? null : constraint(value));
}

function durationBound(json: unknown): bigint {
  const nanoseconds = nanosecondsOf(json);
  if (nanoseconds === undefined) throw new Error(`${JSON.stringify(json)} in the descriptors is not a duration.`);
  return nanoseconds;
}

function rulesOf(rules: Rules, name: string): Rules | null {
  const value = rules[name];
  return typeof value === 'object' && value !== null ? (value as Rules) : null;
}

function isWide(kind: string): boolean {
  return kind.endsWith('64');
}

function notNull<Value>(value: Value | null): value is Value {
  return value !== null;
}

const NOTHING: FieldConstraints = {
  required: false,
  skip: false,
  value: null,
  size: null,
  unique: false,
  items: null,
  keys: null,
};
