import { HeadgateError } from '../../../kernel/errors.ts';
import { nearest } from '../../../kernel/nearest.ts';
import { label, quote } from '../../../kernel/quote.ts';
import { schemaNames } from '../catalog/offer-names.ts';
import { listRelations } from '../catalog/relation-list.ts';
import { reading } from '../sessions.ts';
import type { ResourceFactory } from '../surface.ts';

/** Tables of one resource; more are counted. */
const MAX_TABLES = 500;
const MAX_NAMES = 100;

/** Tables of a schema of the default database, largest first. */
export const schemaResource: ResourceFactory = ({ databases }) => ({
  name: 'postgres-schema',
  title: 'PostgreSQL schema',
  description: 'Tables and views of a schema of the default database, largest first.',
  uriTemplate: 'postgres://schema/{schema_name}',
  mimeType: 'application/json',
  complete: {
    schema_name: async (typed, _others, caller) => {
      const names = await reading(databases.find(caller.tenant, null), {}, schemaNames);
      return names.filter((name) => name.startsWith(typed)).slice(0, MAX_NAMES);
    },
  },
  read: async ({ schema_name: schema = '' }, { caller, signal }) => {
    const database = databases.find(caller.tenant, null);
    return reading(database, { signal }, async (client) => {
      const names = await schemaNames(client);
      if (!names.includes(schema)) {
        throw new HeadgateError('not_found', `There is no schema ${label(schema)}, or the role may not use it.`, {
          details: { sql_state: '3F000', nearest: nearest(schema, names) },
        });
      }
      const { relations, total } = await listRelations(client, { schema, offset: 0, length: MAX_TABLES });
      const tables = relations.map(({ name, kind, rowsEstimate, sizeBytes, comment }) => ({
        table: label(name),
        kind,
        rows_estimate: rowsEstimate,
        size_bytes: sizeBytes,
        comment: comment === null ? null : quote(comment),
      }));
      return { database: database.name, schema: label(schema), tables, total, truncated: tables.length < total };
    });
  },
});
