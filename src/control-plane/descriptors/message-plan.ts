import {
  type DescEnum,
  type DescExtension,
  type DescField,
  type DescMessage,
  type DescOneof,
  getOption,
  hasOption,
  type Message,
  ScalarType,
  toJson,
} from '@bufbuild/protobuf';
import type { Rules } from './constraints/constraint.ts';
import { absenceViolation, type FieldConstraints, fieldConstraints } from './constraints/field-constraints.ts';
import { envoyRegistry } from './registry.ts';

/** What Envoy does with a field or value that is on its way out; null: it stays. */
export type Retirement = 'deprecated' | 'disallowed' | null;

/** What one value of a field is: of a list its items, of a map its values. */
export type ValuePlan =
  | { readonly kind: 'scalar'; readonly scalar: ScalarType }
  | { readonly kind: 'enum'; readonly descriptor: DescEnum; readonly retired: ReadonlyMap<number, Retirement> }
  | { readonly kind: 'message'; readonly descriptor: DescMessage };

/** A field, prepared for encoding and checking. */
export interface FieldPlan {
  /** As in the .proto file. */
  readonly name: string;
  readonly number: number;
  readonly cardinality: 'single' | 'list' | 'map';
  readonly value: ValuePlan;
  readonly mapKey: ScalarType | null;
  readonly packed: boolean;
  /** A default that is given is told from one that is not. */
  readonly presence: boolean;
  /** Name of the oneof that it belongs to. */
  readonly oneof: string | null;
  /** Number and wire type as they stand before a value, and before an item that is not packed. */
  readonly tag: number;
  readonly constraints: FieldConstraints | null;
  /** What is wrong when it is not given. */
  readonly absence: string | null;
  readonly retirement: Retirement;
}

/** A message type, prepared for encoding and checking. */
export interface MessagePlan {
  readonly typeName: string;
  /** By both spellings of the name: snake_case and camelCase. */
  readonly fields: ReadonlyMap<string, FieldPlan>;
  /** Fields whose absence is wrong. */
  readonly neverAbsent: readonly FieldPlan[];
  /** Of each oneof that must be given, its name and the fields to choose from. */
  readonly requiredOneofs: ReadonlyArray<{ readonly name: string; readonly fields: readonly string[] }>;
}

const VARINT = 0;
const FIXED_64 = 1;
const DELIMITED = 2;
const FIXED_32 = 5;

const plans = new WeakMap<DescMessage, MessagePlan>();

/** The plan of a message type. Made at first need, once. */
export function planOf(descriptor: DescMessage): MessagePlan {
  const made = plans.get(descriptor);
  if (made !== undefined) return made;
  const fields = descriptor.fields.map(fieldPlan);
  const byName = new Map(fields.map((field) => [field.name, field]));
  for (const { name, jsonName } of descriptor.fields) {
    const field = byName.get(name);
    if (field !== undefined && !byName.has(jsonName)) byName.set(jsonName, field);
  }
  const plan: MessagePlan = {
    typeName: descriptor.typeName,
    fields: byName,
    neverAbsent: fields.filter(({ absence }) => absence !== null),
    requiredOneofs: descriptor.oneofs
      .filter((oneof) => optionOf(oneof, 'validate.required') === true)
      .map((oneof) => ({ name: oneof.name, fields: oneof.fields.map(({ name }) => name) })),
  };
  plans.set(descriptor, plan);
  return plan;
}

/** Whether Envoy's API marks what a field holds as secret. */
export function isSensitive(field: DescField): boolean {
  return optionOf(field, 'udpa.annotations.sensitive') === true;
}

/** Wire type of a scalar. */
export function wireTypeOf(scalar: ScalarType): number {
  switch (scalar) {
    case ScalarType.STRING:
    case ScalarType.BYTES:
      return DELIMITED;
    case ScalarType.DOUBLE:
    case ScalarType.FIXED64:
    case ScalarType.SFIXED64:
      return FIXED_64;
    case ScalarType.FLOAT:
    case ScalarType.FIXED32:
    case ScalarType.SFIXED32:
      return FIXED_32;
    default:
      return VARINT;
  }
}

function fieldPlan(field: DescField): FieldPlan {
  const rules = rulesOf(field);
  const constraints = rules === null ? null : fieldConstraints(field, rules);
  const value = valuePlan(field);
  const packed = field.fieldKind === 'list' && field.packed;
  const cardinality = field.fieldKind === 'list' || field.fieldKind === 'map' ? field.fieldKind : 'single';
  const oneof = cardinality === 'single' ? ((field as { oneof?: DescOneof }).oneof ?? null) : null;
  return {
    name: field.name,
    number: field.number,
    cardinality,
    value,
    mapKey: field.fieldKind === 'map' ? field.mapKey : null,
    packed,
    presence: oneof !== null || field.proto.proto3Optional || value.kind === 'message',
    oneof: oneof?.name ?? null,
    tag: field.number * 8 + (packed || cardinality === 'map' ? DELIMITED : wireTypeOfValue(value)),
    constraints,
    absence: constraints === null ? null : absenceViolation(field, constraints),
    retirement: retirementOf(field, 'envoy.annotations.disallowed_by_default', field.deprecated),
  };
}

function valuePlan(field: DescField): ValuePlan {
  if (field.message !== undefined) return { kind: 'message', descriptor: field.message };
  if (field.enum === undefined) return { kind: 'scalar', scalar: field.scalar };
  const retired = field.enum.values
    .map((value) => {
      const option = 'envoy.annotations.disallowed_by_default_enum';
      return [value.number, retirementOf(value, option, value.deprecated)] as const;
    })
    .filter(([, retirement]) => retirement !== null);
  return { kind: 'enum', descriptor: field.enum, retired: new Map(retired) };
}

function wireTypeOfValue(value: ValuePlan): number {
  if (value.kind === 'message') return DELIMITED;
  return value.kind === 'enum' ? VARINT : wireTypeOf(value.scalar);
}

function retirementOf(
  described: DescField | DescEnum['values'][number],
  option: string,
  deprecated: boolean,
): Retirement {
  if (optionOf(described, option) === true) return 'disallowed';
  return deprecated ? 'deprecated' : null;
}

function rulesOf(field: DescField): Rules | null {
  const extension = envoyRegistry().getExtension('validate.rules');
  if (extension?.message === undefined || !hasOption(field as never, extension as never)) return null;
  const rules: Message = getOption(field as never, extension as never);
  return toJson(extension.message, rules, { useProtoFieldName: true }) as Rules;
}

function optionOf(described: DescField | DescOneof | DescEnum['values'][number], typeName: string): unknown {
  const extension: DescExtension | undefined = envoyRegistry().getExtension(typeName);
  if (extension === undefined) throw new Error(`The descriptors have no option ${typeName}.`);
  const given = hasOption(described as never, extension as never);
  return given ? getOption(described as never, extension as never) : undefined;
}
