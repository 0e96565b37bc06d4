import { z } from 'zod';
import { HeadgateError } from '../../../kernel/errors.ts';
import { nearest } from '../../../kernel/nearest.ts';
import { type DesiredObject, type DesiredState, KINDS, type Kind } from '../../desired-state/desired-state.ts';
import { appliedOut, changeObject, DryRun, Flag, Reason } from '../change.ts';
import { HttpError } from '../http-error.ts';
import { defineOperation, type Operation } from '../operation.ts';
import { PageQuery, pageAfter, pageOf } from '../pages.ts';
import { AppliedShape, ObjectShape, objectOut } from '../wire.ts';

const ChangeQuery = z.strictObject({ dry_run: DryRun });

const ObjectAnswer = AppliedShape.extend({ object: ObjectShape.nullable() });

const ListQuery = PageQuery.extend({
  contains: z.string().max(200).optional().describe('Only names that contain this'),
  spec: Flag.describe('With their specs'),
});

const ListRow = ObjectShape.partial({ spec: true }).extend({ groups: z.array(z.string()).nullable() });

/** What a PUT and a POST carry: what a GET answers, so that it can be sent back changed. */
const given = (kind: Kind) => ({
  kind: z.literal(kind).optional(),
  version: z.string().optional().describe('That this replaces; as If-Match'),
  spec: z.record(z.string(), z.unknown()).meta({ kindOfSpec: kind }),
  reason: Reason,
});

/** List, create, read, replace and remove the objects of every kind. */
export const objectOperations: readonly Operation[] = KINDS.flatMap((kind) => [
  listOf(kind),
  createOf(kind),
  readOf(kind),
  replaceOf(kind),
  removeOf(kind),
]);

function listOf(kind: Kind): Operation {
  return defineOperation({
    method: 'GET',
    path: `/api/v1/${kind}`,
    id: `list_${kind}`,
    tag: kind,
    summary: `List ${kind}, by name`,
    description: 'The ETag is that of the whole state.',
    access: 'read',
    query: ListQuery,
    answers: { 200: { description: 'A page', schema: pageOf(ListRow) } },
    handle({ parts: { controlPlane }, query }) {
      const { contains = '' } = query;
      const found = [...controlPlane.state[kind]].filter(({ name }) => name.includes(contains));
      found.sort((one, other) => (one.name < other.name ? -1 : 1));
      const page = pageAfter(found, ({ name }) => name, query);
      return {
        body: { ...page, items: page.items.map((object) => rowOf(object, query.spec)) },
        version: controlPlane.version,
      };
    },
  });
}

function createOf(kind: Kind): Operation {
  return defineOperation({
    method: 'POST',
    path: `/api/v1/${kind}`,
    id: `create_${kind}`,
    tag: kind,
    summary: `Create one of ${kind}`,
    description: 'One that is there already is a conflict (409).',
    access: 'write',
    query: ChangeQuery,
    body: z.strictObject({ name: z.string(), ...given(kind) }).omit({ version: true }),
    answers: {
      200: { description: 'The dry run', schema: ObjectAnswer },
      201: { description: 'Created', schema: ObjectAnswer },
    },
    problems: [409, 412, 413, 415, 422],
    async handle(call) {
      const { name, spec } = call.body;
      const { parts, query } = call;
      const next = (current: DesiredObject | undefined) => {
        if (current === undefined) return spec;
        throw new HttpError(409, {
          code: 'failed_precondition',
          message: `${kind}/${name.slice(0, 200)} is there already.`,
          hint: `Replace it with PUT /api/v1/${kind}/{name}, or choose another name.`,
        });
      };
      const { applied } = await changeObject(call, { kind, name, next });
      const object = parts.controlPlane.state[kind].get(name);
      const body = { ...appliedOut(applied, query.dry_run), object: object === undefined ? null : objectOut(object) };
      if (query.dry_run || object === undefined) return { body };
      const location = `/api/v1/${kind}/${encodeURIComponent(name)}`;
      return { status: 201, body, version: object.version, headers: { location } };
    },
  });
}

function readOf(kind: Kind): Operation {
  return defineOperation({
    method: 'GET',
    path: `/api/v1/${kind}/{name}`,
    id: `get_${kind}`,
    tag: kind,
    summary: `Read one of ${kind}`,
    access: 'read',
    answers: { 200: { description: 'The object; its version is the ETag', schema: ObjectShape } },
    problems: [404],
    handle({ parts: { controlPlane }, params }) {
      const object = findObject(controlPlane.state, kind, params.name ?? '');
      return { body: objectOut(object), version: object.version };
    },
  });
}

function replaceOf(kind: Kind): Operation {
  return defineOperation({
    method: 'PUT',
    path: `/api/v1/${kind}/{name}`,
    id: `put_${kind}`,
    tag: kind,
    summary: `Replace or create one of ${kind}`,
    description: 'If-Match replaces only the version that it names, If-None-Match: * only creates.',
    access: 'write',
    query: ChangeQuery,
    body: z.strictObject({ name: z.string().optional(), ...given(kind) }),
    answers: {
      200: { description: 'Replaced, or the dry run', schema: ObjectAnswer },
      201: { description: 'Created', schema: ObjectAnswer },
    },
    problems: [409, 412, 413, 415, 422],
    async handle(call) {
      const { parts, query, body, params } = call;
      const name = params.name ?? '';
      if (body.name !== undefined && body.name !== name)
        throw new HeadgateError('invalid_argument', 'The name of the body is not that of the path.', {
          hint: 'An object cannot be renamed: create the new one, then remove the old one.',
        });
      const precondition = withVersion(call.precondition, body.version);
      const { applied, existed } = await changeObject({ ...call, precondition }, { kind, name, next: () => body.spec });
      const object = parts.controlPlane.state[kind].get(name);
      const answer = { ...appliedOut(applied, query.dry_run), object: object === undefined ? null : objectOut(object) };
      if (query.dry_run || object === undefined) return { body: answer };
      return { status: existed ? 200 : 201, body: answer, version: object.version };
    },
  });
}

function removeOf(kind: Kind): Operation {
  return defineOperation({
    method: 'DELETE',
    path: `/api/v1/${kind}/{name}`,
    id: `delete_${kind}`,
    tag: kind,
    summary: `Remove one of ${kind}`,
    description: 'Refused where something still refers to it.',
    access: 'write',
    query: ChangeQuery,
    answers: { 200: { description: 'Removed, or the dry run', schema: ObjectAnswer } },
    problems: [404, 409, 412, 422],
    async handle(call) {
      const name = call.params.name ?? '';
      findObject(call.parts.controlPlane.state, kind, name);
      const { applied } = await changeObject(call, { kind, name, next: () => null });
      return { body: { ...appliedOut(applied, call.query.dry_run), object: null } };
    },
  });
}

/** An object of the state. Errors: `not_found`, with the nearest names. */
export function findObject(state: DesiredState, kind: Kind, name: string): DesiredObject {
  const object = state[kind].get(name);
  if (object !== undefined) return object;
  const names = function* () {
    for (const each of state[kind]) yield each.name;
  };
  const close = state[kind].size > MAX_COMPARED ? [] : nearest(name, names());
  throw new HeadgateError('not_found', `There is no ${kind}/${name.slice(0, 200)}.`, {
    hint: close.length === 0 ? `GET /api/v1/${kind} lists what there is.` : `Did you mean ${close[0]}?`,
    details: { nearest: close },
  });
}

/** Names that are compared with a wrong one: distances of more take too long. */
const MAX_COMPARED = 2_000;

function rowOf(object: DesiredObject, withSpec: boolean): z.input<typeof ListRow> {
  const { kind, name, version, spec } = object;
  const groups = Array.isArray(spec.groups) ? spec.groups.map(String) : null;
  return { ...(withSpec ? objectOut(object) : { kind, name, version }), groups };
}

function withVersion<P extends { ifMatch: readonly string[] | '*' | null }>(precondition: P, version?: string): P {
  if (version === undefined) return precondition;
  const { ifMatch } = precondition;
  const allowed = ifMatch === null || ifMatch === '*' ? [version] : ifMatch.filter((tag) => tag === version);
  return { ...precondition, ifMatch: allowed };
}
