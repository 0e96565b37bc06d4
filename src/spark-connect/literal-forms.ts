import type { MessageInitShape } from '@bufbuild/protobuf';
import { HeadgateError } from '../kernel/errors.ts';
import type { Expression_LiteralSchema } from './generated/spark/connect/expressions_pb.ts';
import type { DataTypeSchema } from './generated/spark/connect/types_pb.ts';

/** A value as Spark takes it. */
export type Literal = MessageInitShape<typeof Expression_LiteralSchema>;
type LiteralCase = NonNullable<NonNullable<Literal['literalType']>['case']>;
export type Type = MessageInitShape<typeof DataTypeSchema>;
/** A value as Spark takes it, with its type. */
export interface TypedLiteral {
  readonly literal: Literal;
  readonly type: Type;
}

const MAX_DECIMAL_DIGITS = 38;
/** Numbers from narrow to wide: elements of an array get the widest of theirs. */
const WIDTH: readonly string[] = ['integer', 'long', 'double'];

/** A missing value of a type. */
export function nullLiteral(type: Type): TypedLiteral {
  return { literal: { literalType: { case: 'null', value: type } }, type };
}

/** A value whose literal and type have the same name. */
export function scalar(
  name: LiteralCase & NonNullable<NonNullable<Type['kind']>['case']>,
  value: unknown,
): TypedLiteral {
  return {
    literal: { literalType: { case: name, value } } as Literal,
    type: { kind: { case: name, value: {} } } as Type,
  };
}

/** An array of values whose types fit together. Errors: `invalid_argument`. */
export function arrayLiteral(elements: readonly TypedLiteral[], parameter: string): TypedLiteral {
  const elementType = commonType(elements, parameter);
  const literals = elements.map((element) => widen(element, elementType));
  return {
    literal: { literalType: { case: 'array', value: { elementType, elements: literals } } },
    type: { kind: { case: 'array', value: { elementType, containsNull: true } } },
  };
}

/** Exact decimal from its text. Errors: `invalid_argument`. */
export function decimalLiteral(
  text: string,
  parameter: string,
  declared?: { precision: number; scale: number },
): TypedLiteral {
  const match = /^([+-]?)(\d*)(?:\.(\d*))?$/.exec(text.trim());
  const [, sign = '', whole = '', fraction = ''] = match ?? [];
  if (match === null || whole + fraction === '') throw refused(parameter, 'is not a decimal number');
  const scale = declared?.scale ?? fraction.length;
  const digits = whole.replace(/^0+/, '').length;
  const precision = declared?.precision ?? Math.max(digits + scale, 1);
  if (precision > MAX_DECIMAL_DIGITS || digits + scale > precision || fraction.replace(/0+$/, '').length > scale) {
    throw refused(parameter, `does not fit decimal(${Math.min(precision, MAX_DECIMAL_DIGITS)},${scale})`);
  }
  const value = `${sign === '-' ? '-' : ''}${whole || '0'}${scale > 0 ? `.${fraction.slice(0, scale).padEnd(scale, '0')}` : ''}`;
  return {
    literal: { literalType: { case: 'decimal', value: { value, precision, scale } } },
    type: { kind: { case: 'decimal', value: { precision, scale } } },
  };
}

/** The error of a parameter that cannot be sent. */
export function refused(parameter: string, why: string): HeadgateError {
  return new HeadgateError('invalid_argument', `Parameter ${parameter} ${why}.`, {
    hint: "Parameters are text, numbers, booleans, null, arrays, objects, or typed: { type: 'date', value: '2026-01-31' }.",
  });
}

const isNull = ({ type }: TypedLiteral) => type.kind?.case === 'null';

/** The type that all elements have, or can be widened to. Errors: `invalid_argument`. */
export function commonType(elements: readonly TypedLiteral[], parameter: string): Type {
  const types = elements.filter((element) => !isNull(element)).map(({ type }) => type);
  const [first] = types;
  if (first === undefined) return { kind: { case: 'null', value: {} } };
  const widths = types.map(({ kind }) => WIDTH.indexOf(kind?.case ?? ''));
  if (widths.every((width) => width >= 0)) {
    return { kind: { case: WIDTH[Math.max(...widths)], value: {} } } as Type;
  }
  const same = JSON.stringify(first);
  if (types.some((type) => JSON.stringify(type) !== same)) throw refused(parameter, 'has elements of different types');
  return first;
}

/** An element as a value of the common type. */
export function widen(element: TypedLiteral, type: Type): Literal {
  if (isNull(element)) return nullLiteral(type).literal;
  const wanted = type.kind?.case;
  const { case: own, value } = element.literal.literalType ?? {};
  if (own === wanted) return element.literal;
  if (wanted === 'double') return scalar('double', Number(value)).literal;
  return wanted === 'long' ? scalar('long', BigInt(value as number)).literal : element.literal;
}
