import { z } from 'zod';
import { HeadgateError } from '../../../kernel/errors.ts';
import { type DesiredState, KINDS } from '../../desired-state/desired-state.ts';
import { masked } from '../../mask-secrets.ts';
import { Flag } from '../change.ts';
import { defineOperation, type Operation } from '../operation.ts';
import { cursorOf, numberOf, PageQuery, pageOf, positionOf } from '../pages.ts';
import { AuditShape, auditOut, ComparisonShape, comparisonOut, VersionShape, versionOut } from '../wire.ts';

const Counts = z.record(z.string(), z.int());

const readVersion = defineOperation({
  method: 'GET',
  path: '/api/v1/version',
  id: 'get_version',
  tag: 'history',
  summary: 'What is current',
  description: 'The ETag is the version of the state: it goes into If-Match of a batch and of a rollback.',
  access: 'read',
  answers: {
    200: {
      description: 'Version of the state and of the snapshot of each group',
      schema: z.object({
        version: z.string(),
        last_acknowledged: z
          .string()
          .nullable()
          .describe(
            'The last one that somebody made and every connected proxy acknowledged; servers that come and go by themselves make versions that are none of these',
          ),
        headgate: z.string(),
        objects: Counts,
        groups: z.record(z.string(), z.string()).describe('Version of the snapshot of each group'),
      }),
    },
  },
  handle({ parts: { controlPlane, version: headgate } }) {
    const { version, lastAcknowledged, state } = controlPlane;
    const groups = controlPlane.groups().map((group) => [group, controlPlane.snapshot(group).version]);
    const body = {
      version,
      last_acknowledged: lastAcknowledged,
      headgate,
      objects: countsOf(state),
      groups: Object.fromEntries(groups),
    };
    return { body, headers: { etag: `"${version}"` } };
  },
});

const listVersions = defineOperation({
  method: 'GET',
  path: '/api/v1/versions',
  id: 'list_versions',
  tag: 'history',
  summary: 'Versions of the state, newest first',
  access: 'read',
  query: PageQuery,
  answers: { 200: { description: 'A page', schema: pageOf(VersionShape) } },
  async handle({ parts: { controlPlane }, query: { limit, cursor } }) {
    const { versions, total } = await controlPlane.versions({ limit: limit + 1, before: numberOf(cursor) });
    const page = versions.slice(0, limit);
    const last = page.at(-1);
    const more = versions.length > limit && last !== undefined;
    return { body: { items: page.map(versionOut), total, next_cursor: more ? cursorOf(last.number) : null } };
  },
});

const findVersion = defineOperation({
  method: 'GET',
  path: '/api/v1/versions/{version}',
  id: 'get_version_record',
  tag: 'history',
  summary: 'One version: who made it, when and why',
  description: 'Named by its number or hash; `current` is the current one.',
  access: 'read',
  query: z.strictObject({ state: Flag.describe('With the state that it was, as a file has it. Secrets are masked') }),
  answers: {
    200: {
      description: 'The version',
      schema: VersionShape.extend({
        objects_by_kind: Counts,
        state: z.record(z.string(), z.record(z.string(), z.unknown())).optional(),
      }),
    },
  },
  problems: [404],
  async handle({ parts: { controlPlane }, params, query }) {
    const wanted = named(controlPlane.version, params.version);
    const [record, state] = await Promise.all([controlPlane.findVersion(wanted), controlPlane.stateAt(wanted)]);
    const whole = query.state ? { state: fileFormOf(state) } : {};
    return { body: { ...versionOut(record), objects_by_kind: countsOf(state), ...whole } };
  },
});

const compareVersions = defineOperation({
  method: 'GET',
  path: '/api/v1/versions/{from}/diff/{to}',
  id: 'compare_versions',
  tag: 'history',
  summary: 'What differs between two versions',
  description: 'Of objects field by field, of resources of Envoy by name. `current` is the current version.',
  access: 'read',
  answers: { 200: { description: 'The difference', schema: ComparisonShape } },
  problems: [404],
  async handle({ parts: { controlPlane }, params }) {
    const from = named(controlPlane.version, params.from);
    const to = named(controlPlane.version, params.to);
    return { body: comparisonOut(await controlPlane.compare(from, to)) };
  },
});

const listAudit = defineOperation({
  method: 'GET',
  path: '/api/v1/audit',
  id: 'list_audit',
  tag: 'history',
  summary: 'Who changed what, when and why, newest first; what was refused too',
  access: 'read',
  query: PageQuery,
  answers: { 200: { description: 'A page', schema: pageOf(AuditShape) } },
  async handle({ parts: { controlPlane }, query: { limit, cursor } }) {
    const { entries, total } = await controlPlane.audit({ limit: limit + 1, before: positionOf(cursor) });
    const page = entries.slice(0, limit);
    const last = page.at(-1);
    const more = entries.length > limit && last !== undefined;
    return { body: { items: page.map(auditOut), total, next_cursor: more ? cursorOf(last.id) : null } };
  },
});

export const versionOperations: readonly Operation[] = [
  readVersion,
  listVersions,
  findVersion,
  compareVersions,
  listAudit,
];

const LONGEST_VERSION = 64;

function named(current: string, version = ''): string {
  if (version === 'current') return current;
  if (/^[\w-]+$/.test(version) && version.length <= LONGEST_VERSION) return version;
  throw new HeadgateError('invalid_argument', 'A version is named by its number, its hash, or as current.', {
    hint: 'GET /api/v1/versions lists them.',
  });
}

function countsOf(state: DesiredState): Record<string, number> {
  return Object.fromEntries(KINDS.map((kind) => [kind, state[kind].size]));
}

/** Kind to name to spec, sorted, kinds without objects left out. */
function fileFormOf(state: DesiredState): Record<string, Record<string, unknown>> {
  const sections = KINDS.filter((kind) => state[kind].size > 0).map((kind) => {
    const objects = [...state[kind]].sort((one, other) => (one.name < other.name ? -1 : 1));
    return [kind, Object.fromEntries(objects.map(({ name, spec }) => [name, masked(spec)]))];
  });
  return Object.fromEntries(sections);
}
