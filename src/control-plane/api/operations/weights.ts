import { z } from 'zod';
import { HeadgateError } from '../../../kernel/errors.ts';
import { nearest } from '../../../kernel/nearest.ts';
import type { DesiredObject, Kind } from '../../desired-state/desired-state.ts';
import {
  EndpointHealth,
  type GivenEndpoint,
  type RegisteredEndpoint,
  readEndpoint,
} from '../../desired-state/endpoint.ts';
import { appliedOut, changeObject, DryRun, Reason } from '../change.ts';
import { type Answer, type Call, defineOperation, type Operation } from '../operation.ts';
import { AppliedShape, ObjectShape, objectOut } from '../wire.ts';
import { findObject } from './objects.ts';

const Patched = AppliedShape.extend({ object: ObjectShape });
const ANSWERS = { 200: { description: 'Changed, or the dry run', schema: Patched } };
const PROBLEMS = [404, 409, 412, 413, 415, 422];
/** Deeper checks of weights are those of the object's kind. */
const Weight = z.int().min(0).max(1_000_000);

type DryRunnable = { dry_run: boolean };

const EndpointPatch = z.strictObject({
  endpoints: z
    .record(
      z.string(),
      z
        .strictObject({
          weight: Weight.optional().describe('Against those of the others; null is 1').nullable(),
          health: EndpointHealth.nullable().optional().describe('Null: as health checks find'),
        })
        .refine((patch) => Object.keys(patch).length > 0, 'must have weight or health'),
    )
    .refine((patches) => Object.keys(patches).length > 0, 'must name an endpoint')
    .describe('By address:port, or the id of a registration'),
  reason: Reason,
});
type EndpointPatches = z.output<typeof EndpointPatch>['endpoints'];

const RoutePatch = z.strictObject({
  weights: z
    .record(z.string(), Weight)
    .refine((weights) => Object.keys(weights).length > 0, 'must name a cluster')
    .describe('Clusters that are not named keep theirs'),
  tool: z.string().optional().describe('Of this tool of the route, not of the whole route'),
  reason: Reason,
});

const patchEndpoints = defineOperation({
  method: 'PATCH',
  path: '/api/v1/endpoints/{name}',
  id: 'patch_endpoints',
  tag: 'endpoints',
  summary: 'Set weight and health of single endpoints',
  description:
    'Of the object of that name; where there is none, of the endpoints that the cluster of that name has itself.',
  access: 'write',
  query: z.strictObject({ dry_run: DryRun }),
  body: EndpointPatch,
  answers: ANSWERS,
  problems: PROBLEMS,
  handle(call) {
    const { state } = call.parts.controlPlane;
    const name = call.params.name ?? '';
    const kind = !state.endpoints.has(name) && hasEndpoints(state.clusters.get(name)) ? 'clusters' : 'endpoints';
    return patch(call, kind, (current) => withEndpoints(current, call.body.endpoints));
  },
});

const patchCluster = defineOperation({
  method: 'PATCH',
  path: '/api/v1/clusters/{name}',
  id: 'patch_clusters',
  tag: 'clusters',
  summary: 'Set weight and health of single endpoints that the cluster has itself',
  access: 'write',
  query: z.strictObject({ dry_run: DryRun }),
  body: EndpointPatch,
  answers: ANSWERS,
  problems: PROBLEMS,
  handle: (call) => patch(call, 'clusters', (current) => withEndpoints(current, call.body.endpoints)),
});

const patchRoute = defineOperation({
  method: 'PATCH',
  path: '/api/v1/routes/{name}',
  id: 'patch_routes',
  tag: 'routes',
  summary: "Set weights of a route's clusters",
  access: 'write',
  query: z.strictObject({ dry_run: DryRun }),
  body: RoutePatch,
  answers: ANSWERS,
  problems: PROBLEMS,
  handle: (call) =>
    patch(call, 'routes', ({ name, spec }) => {
      const { weights, tool } = call.body;
      if (tool === undefined) return withWeights(spec, weights, `routes/${name}`);
      const tools = recordOf(spec.tools);
      const settings = tools[tool];
      if (!isRecord(settings))
        throw unknownName(`routes/${name} has no settings for the tool`, tool, Object.keys(tools));
      const changed = withWeights(
        targetOf(settings) ? settings : { ...settings, ...targetsOf(spec) },
        weights,
        `routes/${name}`,
      );
      return { ...spec, tools: { ...tools, [tool]: changed } };
    }),
});

/** Weights and health, one at a time: what a canary and a drain need, without sending the whole object. */
export const weightOperations: readonly Operation[] = [patchEndpoints, patchCluster, patchRoute];

async function patch(
  call: Call<DryRunnable, unknown>,
  kind: Kind,
  edit: (current: DesiredObject) => Record<string, unknown>,
): Promise<Answer> {
  const { controlPlane } = call.parts;
  const name = call.params.name ?? '';
  const found = () => findObject(controlPlane.state, kind, name);
  found();
  const { applied } = await changeObject(call, { kind, name, next: (current) => edit(current ?? found()) });
  const object = found();
  const body = { ...appliedOut(applied, call.query.dry_run), object: objectOut(object) };
  return call.query.dry_run ? { body } : { body, version: object.version };
}

/** The spec with other weights and states of endpoints. Errors: `not_found` for an endpoint that it does not have. */
function withEndpoints({ kind, name, spec }: DesiredObject, patches: EndpointPatches): Record<string, unknown> {
  const own = (spec.endpoints ?? []) as GivenEndpoint[];
  const registered = (spec.registered ?? []) as RegisteredEndpoint[];
  const left = new Set(Object.keys(patches));
  const patched = <E extends GivenEndpoint | RegisteredEndpoint>(endpoint: E): E => {
    const keys = keysOf(endpoint).filter((key) => patches[key] !== undefined);
    for (const key of keys) left.delete(key);
    return keys.reduce((changed, key) => merged(changed, patches[key]) as E, endpoint);
  };
  const next = {
    ...spec,
    ...(spec.endpoints === undefined ? {} : { endpoints: own.map(patched) }),
    ...(spec.registered === undefined ? {} : { registered: registered.map(patched) }),
  };
  const [missing] = left;
  if (missing === undefined) return next;
  throw unknownName(`${kind}/${name} has no endpoint`, missing, [...own, ...registered].flatMap(keysOf));
}

function merged(endpoint: GivenEndpoint | RegisteredEndpoint, change: EndpointPatches[string] = {}) {
  const { address, port } = readEndpoint(endpoint);
  const { weight, health, ...rest } =
    typeof endpoint === 'string' ? ({ address, port } as Exclude<GivenEndpoint, string>) : endpoint;
  const nextWeight = change.weight === undefined ? weight : (change.weight ?? undefined);
  const nextHealth = change.health === undefined ? health : (change.health ?? undefined);
  return {
    ...rest,
    ...(nextWeight === undefined ? {} : { weight: nextWeight }),
    ...(nextHealth === undefined ? {} : { health: nextHealth }),
  };
}

function keysOf(endpoint: GivenEndpoint | RegisteredEndpoint): string[] {
  const { address, port } = readEndpoint(endpoint);
  const place = address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
  return typeof endpoint !== 'string' && 'id' in endpoint ? [endpoint.id, place] : [place];
}

/** What says where requests go, with other weights. Errors: `failed_precondition` where it sends nothing to clusters. */
function withWeights<S extends Readonly<Record<string, unknown>>>(
  spec: S,
  weights: Readonly<Record<string, number>>,
  what: string,
): Record<string, unknown> {
  const { cluster, clusters, ...rest } = spec;
  if (isRecord(clusters)) return { ...rest, clusters: { ...clusters, ...weights } };
  if (typeof cluster !== 'string') {
    throw new HeadgateError('failed_precondition', `${what} sends nothing to clusters, so there are no weights.`, {
      hint: 'It redirects or answers itself: replace it with PUT.',
    });
  }
  if (cluster in weights) return { ...rest, clusters: weights };
  throw new HeadgateError('invalid_argument', `${what} sends everything to ${cluster}: its weight must be named too.`, {
    hint: `Send the weights of all clusters that share the requests, ${cluster} among them.`,
  });
}

function targetOf({ cluster, clusters }: Readonly<Record<string, unknown>>): boolean {
  return cluster !== undefined || clusters !== undefined;
}

function targetsOf({ cluster, clusters }: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return clusters === undefined ? { cluster } : { clusters };
}

function hasEndpoints(cluster: DesiredObject | undefined): boolean {
  return Array.isArray(cluster?.spec.endpoints);
}

function unknownName(what: string, name: string, known: string[]): HeadgateError {
  const close = nearest(name, known);
  return new HeadgateError('not_found', `${what} ${name.slice(0, 200)}.`, {
    hint: close[0] === undefined ? 'Read the object to see what it has.' : `Did you mean ${close[0]}?`,
    details: { nearest: close },
  });
}

function recordOf(value: unknown): Record<string, unknown> {
  return isRecord(value) ? value : {};
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
