import type { PoolClient } from 'pg';
import type { WireField } from './row-reader.ts';

/** Names of `format_type`, by object identifiers of `pg_type.dat`, which never change. */
const BUILT_IN: Readonly<Record<number, string>> = {
  16: 'boolean',
  17: 'bytea',
  18: '"char"',
  19: 'name',
  20: 'bigint',
  21: 'smallint',
  23: 'integer',
  25: 'text',
  26: 'oid',
  114: 'json',
  142: 'xml',
  600: 'point',
  650: 'cidr',
  700: 'real',
  701: 'double precision',
  790: 'money',
  829: 'macaddr',
  869: 'inet',
  1000: 'boolean[]',
  1001: 'bytea[]',
  1005: 'smallint[]',
  1007: 'integer[]',
  1009: 'text[]',
  1016: 'bigint[]',
  1021: 'real[]',
  1022: 'double precision[]',
  1042: 'character',
  1043: 'character varying',
  1082: 'date',
  1083: 'time without time zone',
  1114: 'timestamp without time zone',
  1184: 'timestamp with time zone',
  1186: 'interval',
  1231: 'numeric[]',
  1266: 'time with time zone',
  1560: 'bit',
  1562: 'bit varying',
  1700: 'numeric',
  2205: 'regclass',
  2278: 'void',
  2950: 'uuid',
  3614: 'tsvector',
  3802: 'jsonb',
};

/** Names of a database's own types, learnt when they are met. A type that was dropped and made anew has another identifier. */
export class TypeNames {
  readonly #learnt = new Map<string, string>();

  /**
   * Names of the columns' types as SQL writes them: `numeric(10,2)`, `character varying(20)`, `mood[]`. Asks the server for those that
   * are not known yet, in the transaction of `client`.
   */
  async of(fields: readonly WireField[], client: PoolClient): Promise<string[]> {
    const unknown = fields.filter((field) => this.#nameOf(field) === undefined);
    if (unknown.length > 0) await this.#learn(unknown, client);
    return fields.map((field) => this.#nameOf(field) ?? 'unknown');
  }

  #nameOf({ dataTypeID, dataTypeModifier }: WireField): string | undefined {
    const builtIn = dataTypeModifier === -1 ? BUILT_IN[dataTypeID] : undefined;
    return builtIn ?? this.#learnt.get(`${dataTypeID}:${dataTypeModifier}`);
  }

  async #learn(fields: readonly WireField[], client: PoolClient): Promise<void> {
    const { rows } = await client.query<{ key: string; name: string }>(
      `select oid || ':' || modifier as key, pg_catalog.format_type(oid, modifier) as name
         from rows from (pg_catalog.unnest($1::oid[]), pg_catalog.unnest($2::int[])) as types (oid, modifier)`,
      [fields.map((field) => field.dataTypeID), fields.map((field) => field.dataTypeModifier)],
    );
    for (const { key, name } of rows) this.#learnt.set(key, name);
  }
}
