import type { EncodingProblems } from './encoding-problems.ts';
import type { FieldPlan, MessagePlan } from './message-plan.ts';

/** A field that JSON has, with its name as it is spelled there. */
export interface GivenField {
  readonly field: FieldPlan;
  readonly name: string;
  readonly value: unknown;
}

/**
 * The fields that the JSON of a message has, in the order of their numbers. Null is absence, but for `google.protobuf.Value`.
 * What is unknown, given in both spellings, or excluded by another field of its oneof is reported. `held`: an `Any` holds the
 * message, and `@type` stands among its fields.
 */
export function givenFields(
  plan: MessagePlan,
  json: Readonly<Record<string, unknown>>,
  held: boolean,
  problems: EncodingProblems,
): GivenField[] {
  const given: GivenField[] = [];
  for (const name in json) {
    const value = json[name];
    if (value === undefined || (held && name === '@type')) continue;
    const field = plan.fields.get(name);
    if (field === undefined) problems.unknownField(plan, name);
    else if (value !== null || isValue(field)) insert(given, { field, name, value });
  }
  for (let index = 1; index < given.length; index++) reportChoice(given, index, problems);
  return given;
}

/** Most messages have a few fields, mostly in order. */
function insert(given: GivenField[], each: GivenField): void {
  let index = given.length;
  while (index > 0 && numberAt(given, index - 1) > each.field.number) index--;
  if (index === given.length) given.push(each);
  else given.splice(index, 0, each);
}

function numberAt(given: readonly GivenField[], index: number): number {
  return given[index]?.field.number ?? 0;
}

function reportChoice(given: readonly GivenField[], index: number, problems: EncodingProblems): void {
  const later = given[index];
  if (later === undefined) return;
  const { field, name } = later;
  const before = given[index - 1];
  if (field === before?.field) problems.breaksAt(name, 'duplicate-field', `is given twice, as ${before.name} too`);
  if (field.oneof === null) return;
  const other = given.find((each) => each.field.oneof === field.oneof);
  if (other !== undefined && other.field.number < field.number)
    problems.breaksAt(name, 'one-of', `cannot be given together with ${other.name}`);
}

function isValue({ value, cardinality }: FieldPlan): boolean {
  return cardinality === 'single' && value.kind === 'message' && value.descriptor.typeName === 'google.protobuf.Value';
}
