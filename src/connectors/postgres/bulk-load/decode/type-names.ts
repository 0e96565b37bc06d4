import { limitsOf } from '../type-map.ts';

/** Names by the type's number in `pg_type`. */
const NAMES: Readonly<Record<number, string>> = {
  ...{ 16: 'boolean', 17: 'bytea', 18: '"char"', 19: 'name', 20: 'bigint', 21: 'smallint', 23: 'integer', 25: 'text' },
  ...{ 26: 'oid', 114: 'json', 142: 'xml', 700: 'real', 701: 'double precision', 790: 'money', 829: 'macaddr' },
  ...{ 650: 'cidr', 869: 'inet', 1042: 'character', 1043: 'character varying', 1082: 'date' },
  ...{ 1083: 'time without time zone', 1114: 'timestamp without time zone', 1184: 'timestamp with time zone' },
  ...{ 1186: 'interval', 1266: 'time with time zone', 1560: 'bit', 1562: 'bit varying', 1700: 'numeric' },
  ...{ 2950: 'uuid', 3802: 'jsonb' },
};

const CHARACTER = new Set([1042, 1043]);
const NUMERIC = 1700;
/** A length is kept with the four bytes of its own header. */
const HEADER_BYTES = 4;

/** A type as SQL writes it, as far as its number says; types that a database made itself are `text`, which their values come as. */
export function typeNameOf(oid: number, modifier: number, elements: Readonly<Record<number, number>>): string {
  const element = elements[oid];
  if (element !== undefined) return `${typeNameOf(element, modifier, {})}[]`;
  const name = NAMES[oid] ?? 'text';
  if (CHARACTER.has(oid) && modifier > HEADER_BYTES) return `${name}(${modifier - HEADER_BYTES})`;
  const limits = oid === NUMERIC ? limitsOf({ modifier }) : null;
  return limits === null ? name : `${name}(${limits.precision},${limits.scale})`;
}
