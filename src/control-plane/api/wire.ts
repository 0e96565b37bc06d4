import { z } from 'zod';
import type { ChangeAudit, Comparison, ObjectDifference, VersionRecord } from '../control-plane.ts';
import { type DesiredObject, KINDS } from '../desired-state/desired-state.ts';
import { masked, maskedField } from '../mask-secrets.ts';
import type { ProxyStatus, ProxyType, Refusal } from '../proxy.ts';
import { resourceType } from '../resource.ts';

/** Differences that one answer has; all are counted. */
const MAX_DIFFERENCES = 200;

export const KindName = z.enum(KINDS);
const Time = z.string().describe('RFC 3339, UTC');
const Spec = z.record(z.string(), z.unknown());

export const ObjectShape = z.object({
  kind: KindName,
  name: z.string(),
  version: z.string().describe('Hash of the spec; its ETag'),
  spec: Spec.describe('As it was given, defaults not filled in. Secrets are masked'),
});

export const ProblemShape = z.object({
  severity: z.enum(['error', 'warning']),
  rule: z.string(),
  path: z.string(),
  message: z.string(),
  hint: z.string().optional(),
});

const FieldShape = z.object({ pointer: z.string(), was: z.unknown().optional(), is: z.unknown().optional() });

export const ComparisonShape = z.object({
  from: z.string(),
  to: z.string(),
  object_count: z.int(),
  objects: z
    .array(
      z.object({
        kind: KindName,
        name: z.string(),
        change: z.enum(['added', 'changed', 'removed']),
        fields: z.array(FieldShape),
      }),
    )
    .describe(`At most ${MAX_DIFFERENCES}`),
  resource_count: z.int(),
  resources: z
    .array(
      z.object({
        group: z.string(),
        type: z.string(),
        name: z.string(),
        change: z.enum(['added', 'changed', 'removed']),
      }),
    )
    .describe(`Envoy's resources; at most ${MAX_DIFFERENCES}`),
});

export const AppliedShape = z.object({
  version: z.string(),
  parent: z.string().describe('The version before: what to roll back to'),
  changed: z.boolean().describe('False: the state was so already'),
  dry_run: z.boolean(),
  difference: ComparisonShape,
  warnings: z.array(ProblemShape),
});

const AuthorShape = z.object({ subject: z.string(), via: z.string(), reason: z.string().nullable() });

export const VersionShape = z.object({
  number: z.int(),
  version: z.string(),
  parent: z.string().nullable(),
  at: Time,
  author: AuthorShape,
  changed: z.int(),
  removed: z.int(),
  objects: z.array(z.string()).describe('kind/name of what changed, at most 20'),
  snapshots: z.record(z.string(), z.string()).describe('Groups whose snapshot changed, with its version'),
});

export const AuditShape = z.object({
  id: z.string(),
  at: Time,
  author: AuthorShape,
  action: z.string(),
  outcome: z.enum(['applied', 'unchanged', 'refused']),
  error: z.string().nullable(),
  from: z.string().nullable(),
  to: z.string().nullable(),
  objects: ComparisonShape.shape.objects,
  cut: z.boolean(),
});

export const RefusalShape = z.object({
  type: z.string(),
  version: z.string(),
  nonce: z.string(),
  at: Time,
  resource_count: z.int(),
  resources: z.array(z.string()),
  message: z.string().describe('Of the proxy: outside text'),
});

const ProxyTypeShape = z.object({
  type: z.string(),
  protocol: z.enum(['sotw', 'delta']),
  wildcard: z.boolean(),
  subscribed: z.int(),
  current: z.int(),
  pending: z.int(),
  held_back: z.array(z.string()),
  acknowledged_version: z.string().nullable(),
  acknowledged_at: Time.nullable(),
  acks: z.int(),
  nacks: z.int(),
  refused: RefusalShape.nullable(),
});

export const ProxyShape = z.object({
  key: z.string().describe('Of the connection'),
  id: z.string(),
  cluster: z.string(),
  group: z.string(),
  address: z.string(),
  agent: z.string(),
  envoy_version: z.string().nullable(),
  region: z.string(),
  zone: z.string(),
  state: z.enum(['current', 'updating', 'refusing']),
  connected_at: Time,
  snapshot_version: z.string().nullable(),
  convergence_ms: z.number().nullable(),
  types: z.array(ProxyTypeShape),
});

const timeOf = (ms: number): string => new Date(ms).toISOString();
const typeName = (typeUrl: string): string => resourceType(typeUrl)?.name ?? typeUrl;

/** An object as it is shown. */
export function objectOut({ kind, name, version, spec }: DesiredObject): z.input<typeof ObjectShape> {
  return { kind, name, version, spec: masked(spec) as Record<string, unknown> };
}

/** A comparison as it is shown: cut, with honest counts, secrets masked. */
export function comparisonOut({ from, to, objects, resources }: Comparison): z.input<typeof ComparisonShape> {
  return {
    from,
    to,
    object_count: objects.length,
    objects: objects.slice(0, MAX_DIFFERENCES).map(differenceOut),
    resource_count: resources.length,
    resources: resources
      .slice(0, MAX_DIFFERENCES)
      .map(({ group, typeUrl, name, change }) => ({ group, type: typeName(typeUrl), name, change })),
  };
}

function differenceOut({ kind, name, change, fields }: ObjectDifference) {
  return {
    kind,
    name,
    change,
    fields: fields.map((field) => ({
      pointer: field.pointer,
      ...('was' in field ? { was: maskedField(field.pointer, field.was) } : {}),
      ...('is' in field ? { is: maskedField(field.pointer, field.is) } : {}),
    })),
  };
}

/** A version of history as it is shown. */
export function versionOut(record: VersionRecord): z.input<typeof VersionShape> {
  const { number, version, parent, author, at, changedCount, removedCount, objects, snapshots } = record;
  return {
    number,
    version,
    parent,
    at: timeOf(at),
    author: { ...author },
    changed: changedCount,
    removed: removedCount,
    objects: [...objects],
    snapshots: { ...snapshots },
  };
}

/** An entry of the audit as it is shown. */
export function auditOut(entry: ChangeAudit): z.input<typeof AuditShape> {
  const { id, at, author, action, outcome, error, fromVersion, toVersion, difference } = entry;
  return {
    id,
    at: timeOf(at),
    author: { ...author },
    action,
    outcome,
    error,
    from: fromVersion,
    to: toVersion,
    objects: difference.objects.map(differenceOut),
    cut: difference.cut,
  };
}

/** What a proxy refused, as it is shown. */
export function refusalOut(refusal: Refusal): z.input<typeof RefusalShape> {
  const { typeUrl, version, nonce, at, resourceCount, resources, message } = refusal;
  return {
    type: typeName(typeUrl),
    version,
    nonce,
    at: timeOf(at),
    resource_count: resourceCount,
    resources: [...resources],
    message,
  };
}

/** A proxy as it is shown. Its metadata is not: it may hold anything. */
export function proxyOut(proxy: ProxyStatus): z.input<typeof ProxyShape> {
  const { key, node, group, address, state, connectedAt, snapshotVersion, convergenceMs, types } = proxy;
  return {
    key,
    id: node.id,
    cluster: node.cluster,
    group,
    address,
    agent: node.agent,
    envoy_version: node.version,
    region: node.region,
    zone: node.zone,
    state,
    connected_at: timeOf(connectedAt),
    snapshot_version: snapshotVersion,
    convergence_ms: convergenceMs,
    types: types.map(proxyTypeOut),
  };
}

function proxyTypeOut(type: ProxyType) {
  return {
    type: typeName(type.typeUrl),
    protocol: type.protocol,
    wildcard: type.wildcard,
    subscribed: type.subscribedCount,
    current: type.currentCount,
    pending: type.pendingCount,
    held_back: [...type.heldBack],
    acknowledged_version: type.acknowledgedVersion,
    acknowledged_at: type.acknowledgedAt === null ? null : timeOf(type.acknowledgedAt),
    acks: type.ackCount,
    nacks: type.nackCount,
    refused: type.refused === null ? null : refusalOut(type.refused),
  };
}
