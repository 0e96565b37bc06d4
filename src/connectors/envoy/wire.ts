import { z } from 'zod';

// What a control plane answers. Source: GET /api/v1/openapi.json of src/control-plane/api, and recorded answers of it.

const count = z.number().catch(0);

/** A problem document (RFC 9457) of the control plane. */
export const ProblemDocument = z.object({
  code: z.string().catch(''),
  detail: z.string().catch(''),
  hint: z.string().optional().catch(undefined),
  problems: z.array(z.unknown()).optional().catch(undefined),
});

/** Something that is wrong with a change. */
export const Problem = z.object({
  severity: z.enum(['error', 'warning']),
  rule: z.string(),
  path: z.string(),
  message: z.string(),
  hint: z.string().optional(),
});
export type Problem = z.infer<typeof Problem>;

/** A page of a list. */
export const pageOf = <Item extends z.ZodType>(item: Item) =>
  z.object({ items: z.array(item), total: count, next_cursor: z.string().nullable() });

const Refused = z.object({ type: z.string(), at: z.string(), resources: z.array(z.string()), message: z.string() });

/** A connected proxy. */
export const ConnectedProxy = z.object({
  id: z.string(),
  group: z.string(),
  address: z.string(),
  envoy_version: z.string().nullable(),
  state: z.enum(['current', 'updating', 'refusing']),
  snapshot_version: z.string().nullable(),
  convergence_ms: z.number().nullable(),
  types: z.array(
    z.object({ type: z.string(), pending: count, held_back: z.array(z.string()), refused: Refused.nullable() }),
  ),
});
export type ConnectedProxy = z.infer<typeof ConnectedProxy>;

const States = z.object({ current: count, updating: count, refusing: count });

/** `GET /api/v1/nodes`. */
export const Nodes = pageOf(ConnectedProxy).extend({
  version: z.string(),
  last_acknowledged: z.string().nullable(),
  states: States,
  convergence_ms: z.object({ p50: z.number(), max: z.number() }).nullable(),
});
export type Nodes = z.infer<typeof Nodes>;

/** `GET /api/v1/refusals`. */
export const Refusals = pageOf(Refused.extend({ node: z.string(), group: z.string() }));

/** `GET /api/v1/version`. */
export const Current = z.object({
  version: z.string(),
  last_acknowledged: z.string().nullable(),
  objects: z.record(z.string(), count),
  groups: z.record(z.string(), z.string()),
});

/** One of `GET /api/v1/versions`. */
export const VersionRecord = z.object({
  number: z.number(),
  version: z.string(),
  parent: z.string().nullable(),
  at: z.string(),
  author: z.object({ subject: z.string(), via: z.string(), reason: z.string().nullable() }),
  changed: count,
  removed: count,
  objects: z.array(z.string()),
});

/** `GET /api/v1/versions/{from}/diff/{to}`. */
export const Comparison = z.object({
  from: z.string(),
  to: z.string(),
  object_count: count,
  objects: z.array(
    z.object({
      kind: z.string(),
      name: z.string(),
      change: z.string(),
      fields: z.array(z.object({ pointer: z.string(), was: z.unknown().optional(), is: z.unknown().optional() })),
    }),
  ),
  resource_count: count,
  resources: z.array(z.object({ group: z.string(), type: z.string(), name: z.string(), change: z.string() })),
});
export type Comparison = z.infer<typeof Comparison>;

/** What a change answers. */
export const Applied = z.object({
  version: z.string(),
  parent: z.string(),
  changed: z.boolean(),
  difference: Comparison,
  warnings: z.array(Problem),
});
export type Applied = z.infer<typeof Applied>;

/** `POST /api/v1/validate`. */
export const Validation = z.object({ valid: z.boolean(), version: z.string(), problems: z.array(Problem) });

/** An object with its spec, as far as it is known here. */
export const ObjectRow = z.object({ name: z.string(), version: z.string(), spec: z.record(z.string(), z.unknown()) });
export type ObjectRow = z.infer<typeof ObjectRow>;
