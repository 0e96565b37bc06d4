import { type DescMessage, ScalarType } from '@bufbuild/protobuf';
import type { FieldConstraints } from './constraints/field-constraints.ts';
import { EncodingProblems } from './encoding-problems.ts';
import { type Findings, FindingsCollector } from './findings.ts';
import { givenFields } from './given-fields.ts';
import { expectedScalar, isZero, parseEnum, parseScalar, type Scalar } from './json-scalars.ts';
import { type FieldPlan, type MessagePlan, planOf, type ValuePlan, wireTypeOf } from './message-plan.ts';
import { envoyRegistry } from './registry.ts';
import { scalarWriter } from './scalar-writer.ts';
import { MAX_DEPTH, WELL_KNOWN_TYPES, WRAPPED } from './well-known-types.ts';
import { WireWriter } from './wire-writer.ts';

/** What a visitor can say of the message that it looks at; places are below that message. */
export type Visit = Pick<FindingsCollector, 'problem' | 'refer' | 'depth'>;

/** Looks at the JSON of messages of one type: fields are in it under either spelling, and may be wrong. */
export type MessageVisitor = (message: Readonly<Record<string, unknown>>, visit: Visit) => void;

/** By type name. */
export type MessageVisitors = ReadonlyMap<string, MessageVisitor>;

/** A message in protobuf, and what was found in it. The bytes mean nothing when it is broken. */
export interface EncodedMessage extends Findings {
  readonly bytes: Uint8Array;
}

/** Parts of large resources that change one at a time: of a frozen one the bytes are kept as long as it is. */
const KEPT_TYPES = new Set([
  'envoy.config.route.v3.Route',
  'envoy.config.route.v3.VirtualHost',
  'envoy.config.listener.v3.FilterChain',
  'envoy.config.endpoint.v3.LocalityLbEndpoints',
]);
const ANY = 'google.protobuf.Any';
const TAG_1 = 0x0a;
const TAG_2 = 0x12;

/** One for the process: encoding is synchronous, and a buffer that has grown is worth keeping. */
const sharedWriter = new WireWriter();

/**
 * Encodes JSON as protobuf, straight from the JSON to the wire, in one walk that also checks types, names of fields and the
 * constraints in the descriptors, and that shows each message to its visitor. Equal messages have equal bytes: fields stand in the
 * order of their numbers, maps in the order of their keys. A frozen list item of {@link KEPT_TYPES} is taken to be frozen all
 * through, and is walked once for each instance of this class.
 */
export class MessageEncoder {
  readonly #visitors: MessageVisitors;
  readonly #kept = new WeakMap<object, EncodedMessage>();
  readonly #writer = sharedWriter;
  #findings = new FindingsCollector();
  #problems = new EncodingProblems(this.#findings);
  /** What the innermost `Any` holds: only there is `@type` not a field. */
  #held: unknown = null;
  #depth = 0;

  constructor(visitors: MessageVisitors) {
    this.#visitors = visitors;
  }

  encode(descriptor: DescMessage, json: unknown): EncodedMessage {
    this.#findings = new FindingsCollector();
    this.#problems = new EncodingProblems(this.#findings);
    this.#depth = 0;
    this.#writer.clear();
    this.#content(descriptor, json, null);
    return { bytes: this.#writer.copy(), ...this.#findings.findings() };
  }

  /** What stands between the length of a message and its end. */
  #content(descriptor: DescMessage, json: unknown, constraints: FieldConstraints | null): void {
    this.#depth++;
    if (this.#depth > MAX_DEPTH) this.#problems.breaks('too-deep', `is more than ${MAX_DEPTH} messages deep`);
    else this.#typedContent(descriptor, json, constraints);
    this.#depth--;
  }

  #typedContent(descriptor: DescMessage, json: unknown, constraints: FieldConstraints | null): void {
    const { typeName } = descriptor;
    const wrapped = WRAPPED.get(typeName);
    if (wrapped !== undefined) {
      this.#wrapped(wrapped, json, constraints);
      return;
    }
    if (typeName === ANY) {
      this.#any(json, constraints);
      return;
    }
    const wellKnown = WELL_KNOWN_TYPES.get(typeName);
    if (wellKnown !== undefined) {
      const written = wellKnown.write(this.#writer, json);
      if (written === undefined) this.#problems.breaks('wrong-type', `must be ${wellKnown.expected}`);
      else if (written.constrained !== null) this.#problems.constrain(constraints?.value, written.constrained);
      return;
    }
    if (typeof json !== 'object' || json === null || Array.isArray(json)) {
      this.#problems.wrongType(`an object of ${typeName}`, json);
      return;
    }
    const skip = constraints?.skip === true;
    if (skip) this.#problems.skip(1);
    this.#fields(planOf(descriptor), json as Record<string, unknown>);
    if (skip) this.#problems.skip(-1);
  }

  #fields(plan: MessagePlan, json: Record<string, unknown>): void {
    const given = givenFields(plan, json, json === this.#held, this.#problems);
    for (const { field, name, value } of given) {
      this.#findings.enter(name);
      this.#field(field, value);
      this.#findings.leave();
    }
    this.#problems.absent(plan, given);
    this.#visitors.get(plan.typeName)?.(json, this.#findings);
  }

  #field(field: FieldPlan, json: unknown): void {
    if (field.retirement !== null) this.#problems.retired(field.retirement, `${field.name} is`);
    if (field.cardinality === 'list') this.#list(field, json);
    else if (field.cardinality === 'map') this.#map(field, json);
    else this.#single(field, json);
  }

  #single(field: FieldPlan, json: unknown): void {
    const { value, constraints } = field;
    if (value.kind === 'message') {
      this.#writer.varint(field.tag);
      this.#message(value.descriptor, json, constraints);
      return;
    }
    const parsed = this.#parse(value, json);
    if (parsed === undefined) return;
    this.#problems.constrain(constraints?.value, parsed);
    if (!field.presence && isZero(parsed)) return;
    this.#writer.varint(field.tag);
    this.#scalar(value, parsed);
  }

  #list(field: FieldPlan, json: unknown): void {
    if (!Array.isArray(json)) {
      this.#problems.wrongType(`a list`, json);
      return;
    }
    const { constraints } = field;
    this.#problems.sized(constraints, json.length);
    if (constraints?.unique === true && new Set(json.map((item) => JSON.stringify(item))).size < json.length)
      this.#problems.violation(`${field.name} must not have an item twice.`, []);
    if (json.length === 0) return;
    if (field.packed) this.#writer.varint(field.tag);
    const packed = field.packed ? this.#writer.open() : null;
    for (let index = 0; index < json.length; index++) {
      this.#findings.enter(index);
      this.#item(field, json[index]);
      this.#findings.leave();
    }
    if (packed !== null) this.#writer.close(packed);
  }

  #item(field: FieldPlan, json: unknown): void {
    const { value } = field;
    const constraints = field.constraints?.items ?? null;
    if (!field.packed) this.#writer.varint(field.tag);
    if (value.kind === 'message') {
      if (KEPT_TYPES.has(value.descriptor.typeName) && Object.isFrozen(json) && !this.#problems.skipping)
        this.#keptMessage(value.descriptor, json);
      else this.#message(value.descriptor, json, constraints);
      return;
    }
    const parsed = this.#parse(value, json);
    if (parsed === undefined) return;
    this.#problems.constrain(constraints?.value, parsed);
    this.#scalar(value, parsed);
  }

  #keptMessage(descriptor: DescMessage, json: unknown): void {
    const kept = this.#kept.get(json as object);
    if (kept !== undefined) {
      this.#writer.bytes(kept.bytes);
      this.#findings.include(kept);
      return;
    }
    this.#findings.beginPart();
    const mark = this.#writer.open();
    this.#content(descriptor, json, null);
    const bytes = this.#writer.copy(mark);
    this.#writer.close(mark);
    const part = this.#findings.endPart();
    if (typeof json === 'object' && json !== null) this.#kept.set(json, { bytes, ...part });
  }

  #map(field: FieldPlan, json: unknown): void {
    if (typeof json !== 'object' || json === null || Array.isArray(json)) {
      this.#problems.wrongType(`a map`, json);
      return;
    }
    const map = json as Record<string, unknown>;
    const keys = Object.keys(map)
      .filter((key) => map[key] !== undefined)
      .sort();
    this.#problems.sized(field.constraints, keys.length);
    for (const key of keys) {
      this.#findings.enter({ key });
      this.#entry(field, key, map[key]);
      this.#findings.leave();
    }
  }

  #entry(field: FieldPlan, key: string, json: unknown): void {
    const { value, constraints } = field;
    const scalar = field.mapKey ?? ScalarType.STRING;
    const parsedKey = parseScalar(scalar, scalar === ScalarType.BOOL ? key === 'true' : key);
    if (parsedKey === undefined) {
      this.#problems.breaks('wrong-type', `has a key that is not ${expectedScalar(scalar)}`);
      return;
    }
    this.#problems.constrain(constraints?.keys?.value, parsedKey);
    this.#writer.varint(field.tag);
    const entry = this.#writer.open();
    this.#writer.varint(8 + wireTypeOf(scalar));
    scalarWriter(scalar)(this.#writer, parsedKey);
    if (value.kind === 'message') {
      this.#writer.varint(TAG_2);
      this.#message(value.descriptor, json, constraints?.items ?? null);
    } else {
      const parsed = this.#parse(value, json);
      if (parsed !== undefined) {
        this.#problems.constrain(constraints?.items?.value, parsed);
        this.#writer.varint(16 + (value.kind === 'enum' ? 0 : wireTypeOf(value.scalar)));
        this.#scalar(value, parsed);
      }
    }
    this.#writer.close(entry);
  }

  #message(descriptor: DescMessage, json: unknown, constraints: FieldConstraints | null): void {
    const mark = this.#writer.open();
    this.#content(descriptor, json, constraints);
    this.#writer.close(mark);
  }

  #any(json: unknown, constraints: FieldConstraints | null): void {
    const url = typeof json === 'object' && json !== null ? (json as Record<string, unknown>)['@type'] : undefined;
    if (typeof url !== 'string') {
      this.#problems.breaks('wrong-type', 'must be an object with the type URL of what it holds under "@type"');
      return;
    }
    const descriptor = envoyRegistry().getMessage(url.slice(url.lastIndexOf('/') + 1));
    if (descriptor === undefined || !url.includes('/')) {
      this.#problems.unknownType(url);
      return;
    }
    this.#problems.constrain(constraints?.value, url);
    this.#writer.varint(TAG_1);
    this.#writer.text(url);
    const mark = this.#openAnyValue();
    const { typeName } = descriptor;
    const hasForm = typeName === ANY || WELL_KNOWN_TYPES.has(typeName) || WRAPPED.has(typeName);
    this.#held = json;
    this.#content(descriptor, hasForm ? (json as Record<string, unknown>).value : json, null);
    this.#writer.close(mark);
  }

  #openAnyValue(): number {
    this.#writer.varint(TAG_2);
    return this.#writer.open();
  }

  #wrapped(scalar: ScalarType, json: unknown, constraints: FieldConstraints | null): void {
    const parsed = this.#parse({ kind: 'scalar', scalar }, json);
    if (parsed === undefined) return;
    this.#problems.constrain(constraints?.value, parsed);
    if (isZero(parsed)) return;
    this.#writer.varint(8 + wireTypeOf(scalar));
    scalarWriter(scalar)(this.#writer, parsed);
  }

  #parse(value: Exclude<ValuePlan, { kind: 'message' }>, json: unknown): Scalar | undefined {
    if (value.kind === 'scalar') {
      const parsed = parseScalar(value.scalar, json);
      if (parsed === undefined) this.#problems.wrongType(expectedScalar(value.scalar), json);
      return parsed;
    }
    const number = parseEnum(value.descriptor, json);
    if (number === undefined) {
      this.#problems.unknownValue(
        json,
        value.descriptor.values.map(({ name }) => name),
      );
      return undefined;
    }
    const retirement = value.retired.get(number);
    if (retirement) this.#problems.retired(retirement, `The value ${String(json)} is`);
    return number;
  }

  #scalar(value: Exclude<ValuePlan, { kind: 'message' }>, parsed: Scalar): void {
    if (value.kind === 'enum') this.#writer.signedVarint(parsed as number);
    else scalarWriter(value.scalar)(this.#writer, parsed);
  }
}
