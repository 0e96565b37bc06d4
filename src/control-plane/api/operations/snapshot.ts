import { Readable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { z } from 'zod';
import { HeadgateError } from '../../../kernel/errors.ts';
import { buildStatic } from '../../bootstrap/build-static.ts';
import { renderYaml } from '../../bootstrap/render-yaml.ts';
import { secretFiles } from '../../bootstrap/secret-files.ts';
import type { ControlPlane } from '../../control-plane.ts';
import { DEFAULT_GROUP } from '../../desired-state/proxy-group.ts';
import { RESOURCE_TYPES, type Resource, resourceType } from '../../resource.ts';
import { SECRET_TYPE } from '../../resources/build-secret.ts';
import { type Snapshot, setOf } from '../../snapshot/snapshot.ts';
import { defineOperation, type Operation } from '../operation.ts';
import { entityTag } from '../precondition.ts';

const SnapshotQuery = z.strictObject({
  group: z.string().max(200).default(DEFAULT_GROUP),
  type: z
    .string()
    .refine(
      (type) => resourceType(type) !== undefined,
      `must be one of ${RESOURCE_TYPES.map(({ name }) => name).join(', ')}`,
    )
    .optional()
    .describe('Name or type URL; absent: all'),
  name: z.string().max(500).optional().describe('Of one resource'),
  format: z
    .enum(['json', 'yaml', 'static'])
    .default('json')
    .describe('`static`: a complete configuration for an Envoy without a control plane, YAML'),
});

const readSnapshot = defineOperation({
  method: 'GET',
  path: '/api/v1/config/snapshot',
  id: 'get_snapshot',
  tag: 'snapshot',
  summary: 'What the proxies of a group are served: resources of Envoy as they are',
  description: 'Streamed, sorted by name. Private keys and inline secrets are masked.',
  access: 'read',
  query: SnapshotQuery,
  answers: {
    200: {
      description: 'The resources by type',
      types: ['application/json', 'application/yaml'],
      schema: z.object({
        group: z.string(),
        version: z.string().describe('Of the snapshot; its ETag'),
        resources: z.record(z.string(), z.array(z.record(z.string(), z.unknown()))),
      }),
    },
  },
  problems: [404],
  handle({ parts: { controlPlane, report }, query, precondition }) {
    const snapshot = controlPlane.snapshot(query.group);
    const { version } = snapshot;
    const unchanged = precondition.ifNoneMatch;
    if (unchanged !== null && (unchanged === '*' || unchanged.includes(version)))
      return { status: 304, body: null, headers: { etag: entityTag(version) } };
    if (query.format === 'static') {
      const text = renderYaml(staticConfiguration(controlPlane, snapshot, query));
      return { body: text, contentType: 'application/yaml', version };
    }
    const sections = sectionsOf(snapshot, query);
    const yaml = query.format === 'yaml';
    const text = yaml
      ? yamlOf(controlPlane, query.group, version, sections)
      : jsonOf(controlPlane, query.group, version, sections);
    const stream = Readable.from(inPortions(text), { objectMode: false });
    stream.on('error', (error) => report('A snapshot could not be written out', error));
    return {
      body: stream,
      contentType: yaml ? 'application/yaml' : 'application/json; charset=utf-8',
      version,
    };
  },
});

/** The snapshot of a group, resource by resource. */
export const snapshotOperations: readonly Operation[] = [readSnapshot];

/** Characters that are written out at once. Between portions proxies get their turn: a large snapshot takes seconds. */
const PORTION_CHARS = 65_536;

async function* inPortions(text: Iterable<string>): AsyncGenerator<string> {
  let portion = '';
  for (const part of text) {
    portion += part;
    if (portion.length < PORTION_CHARS) continue;
    yield portion;
    portion = '';
    await nextTurn();
  }
  if (portion !== '') yield portion;
}

/** Of the proxy that a static configuration is for; its administration listens on this machine only. */
const ADMIN_PORT = 9901;

/** Errors: `invalid_argument` for a part of a snapshot, and for what no static configuration can have. */
function staticConfiguration(
  controlPlane: ControlPlane,
  snapshot: Snapshot,
  { group, type, name }: z.output<typeof SnapshotQuery>,
): Record<string, unknown> {
  if (type !== undefined || name !== undefined) {
    throw new HeadgateError(
      'invalid_argument',
      'A static configuration is complete: type and name have no place in it.',
    );
  }
  const shown = [...snapshot.sets.values()].flatMap((set) => [...set]).filter(({ typeUrl }) => typeUrl !== SECRET_TYPE);
  const resources = shown.map((resource) => ({ typeUrl: resource.typeUrl, json: controlPlane.resourceJson(resource) }));
  // The proxy reads the files of secrets itself, so that no key stands in the answer.
  const secrets = secretFiles(controlPlane.state, group, '.');
  return buildStatic([...resources, ...secrets], { nodeId: 'envoy', nodeCluster: group, adminPort: ADMIN_PORT });
}

interface Section {
  readonly type: string;
  readonly resources: readonly Resource[];
}

/** Errors: `not_found` for a resource that is not there. */
function sectionsOf(snapshot: Snapshot, { type, name }: z.output<typeof SnapshotQuery>): Section[] {
  const types = RESOURCE_TYPES.filter((each) => type === undefined || each === resourceType(type));
  const sections = types.map((each) => {
    const set = setOf(snapshot, each.typeUrl);
    const found = name === undefined ? [...set] : [set.get(name)].filter((one) => one !== undefined);
    return { type: each.name, resources: found.sort((one, other) => (one.name < other.name ? -1 : 1)) };
  });
  const filled = sections.filter(({ resources }) => resources.length > 0);
  if (name === undefined || filled.length > 0) return filled;
  throw new HeadgateError('not_found', `The snapshot has no ${type ?? 'resource'} ${name.slice(0, 200)}.`, {
    hint: 'Leave name out to see what it has.',
  });
}

function* jsonOf(controlPlane: ControlPlane, group: string, version: string, sections: readonly Section[]) {
  yield `{"group":${JSON.stringify(group)},"version":${JSON.stringify(version)},"resources":{`;
  for (const [index, { type, resources }] of sections.entries()) {
    yield `${index === 0 ? '' : ','}${JSON.stringify(type)}:[`;
    for (const [at, resource] of resources.entries())
      yield `${at === 0 ? '' : ','}${JSON.stringify(controlPlane.resourceJson(resource))}`;
    yield ']';
  }
  yield '}}';
}

function* yamlOf(controlPlane: ControlPlane, group: string, version: string, sections: readonly Section[]) {
  yield renderYaml({ group, version });
  yield sections.length === 0 ? 'resources: {}\n' : 'resources:\n';
  for (const { type, resources } of sections) {
    yield `  ${type}:\n`;
    for (const resource of resources) {
      const [first = '', ...others] = renderYaml(controlPlane.resourceJson(resource)).trimEnd().split('\n');
      yield [`    - ${first}`, ...others.map((line) => (line === '' ? '' : `      ${line}`)), ''].join('\n');
    }
  }
}
