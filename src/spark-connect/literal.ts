import {
  arrayLiteral,
  commonType,
  decimalLiteral,
  nullLiteral,
  refused,
  scalar,
  type Type,
  type TypedLiteral,
  widen,
} from './literal-forms.ts';
import { parseTyped } from './typed-value.ts';

const INT_MAX = 2_147_483_647;
const LONG_MAX = (1n << 63n) - 1n;

/**
 * A parameter's value as a literal of Spark. Whole numbers are `int` or `bigint`, others `double`, a `bigint` beyond 64 bits is
 * `decimal`, a `Date` is `timestamp`, bytes are `binary`, an array is `array`, a `Map` is `map`, an object is `struct`, and
 * `{ type, value }` is of the type that it names: `{ type: 'decimal(10,2)', value: '1.50' }`.
 * Errors: `invalid_argument`, naming the parameter.
 */
export function literalOf(value: unknown, parameter: string): TypedLiteral {
  switch (typeof value) {
    case 'string':
      return scalar('string', value);
    case 'boolean':
      return scalar('boolean', value);
    case 'number':
      return numberLiteral(value);
    case 'bigint':
      return bigintLiteral(value, parameter);
    case 'object':
      return value === null ? nullLiteral({ kind: { case: 'null', value: {} } }) : objectLiteral(value, parameter);
    default:
      throw refused(parameter, `is ${typeof value}`);
  }
}

/** Whether an object is a value with the name of its type, and no struct. */
export function isTyped(value: object): value is { type: string; value: unknown } {
  return 'type' in value && typeof value.type === 'string' && 'value' in value && Object.keys(value).length === 2;
}

function numberLiteral(value: number): TypedLiteral {
  if (!Number.isSafeInteger(value) || Object.is(value, -0)) return scalar('double', value);
  if (Math.abs(value) <= INT_MAX) return scalar('integer', value);
  return scalar('long', BigInt(value));
}

function bigintLiteral(value: bigint, parameter: string): TypedLiteral {
  if (value <= LONG_MAX && value >= -LONG_MAX - 1n) return scalar('long', value);
  return decimalLiteral(value.toString(), parameter);
}

function objectLiteral(value: object, parameter: string): TypedLiteral {
  if (value instanceof Uint8Array) return scalar('binary', value);
  if (value instanceof Date) return dateLiteral(value, parameter);
  if (Array.isArray(value)) {
    const elements = value.map((element, index) => literalOf(element, `${parameter}[${index}]`));
    return arrayLiteral(elements, parameter);
  }
  if (value instanceof Map) return mapLiteral(value, parameter);
  if (isTyped(value)) return parseTyped(value.type, value.value, parameter);
  return structLiteral(value, parameter);
}

function dateLiteral(value: Date, parameter: string): TypedLiteral {
  const ms = value.getTime();
  if (Number.isNaN(ms)) throw refused(parameter, 'is an invalid date');
  return scalar('timestamp', BigInt(ms) * 1000n);
}

function mapLiteral(value: ReadonlyMap<unknown, unknown>, parameter: string): TypedLiteral {
  const keys = [...value.keys()].map((key) => literalOf(key, `${parameter} key`));
  const values = [...value.values()].map((one) => literalOf(one, `${parameter} value`));
  const keyType = commonType(keys, parameter);
  const valueType = commonType(values, parameter);
  return {
    literal: {
      literalType: {
        case: 'map',
        value: {
          keyType,
          valueType,
          keys: keys.map((key) => widen(key, keyType)),
          values: values.map((one) => widen(one, valueType)),
        },
      },
    },
    type: { kind: { case: 'map', value: { keyType, valueType, valueContainsNull: true } } },
  };
}

function structLiteral(value: object, parameter: string): TypedLiteral {
  const fields = Object.entries(value).map(([name, field]) => ({ name, ...literalOf(field, `${parameter}.${name}`) }));
  const type: Type = {
    kind: {
      case: 'struct',
      value: { fields: fields.map(({ name, type: dataType }) => ({ name, dataType, nullable: true })) },
    },
  };
  return {
    literal: {
      literalType: { case: 'struct', value: { structType: type, elements: fields.map(({ literal }) => literal) } },
    },
    type,
  };
}
