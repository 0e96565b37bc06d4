import { Readable } from 'node:stream';
import { stringify } from 'yaml';
import { z } from 'zod';
import { HeadgateError } from '../../../kernel/errors.ts';
import type { ControlPlane } from '../../control-plane.ts';
import { DEFAULT_GROUP } from '../../desired-state/proxy-group.ts';
import { RESOURCE_TYPES, type Resource, resourceType } from '../../resource.ts';
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
  format: z.enum(['json', 'yaml']).default('json'),
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
  handle({ parts: { controlPlane }, query, precondition }) {
    const snapshot = controlPlane.snapshot(query.group);
    const { version } = snapshot;
    const unchanged = precondition.ifNoneMatch;
    if (unchanged !== null && (unchanged === '*' || unchanged.includes(version)))
      return { status: 304, body: null, headers: { etag: entityTag(version) } };
    const sections = sectionsOf(snapshot, query);
    const yaml = query.format === 'yaml';
    const text = yaml
      ? yamlOf(controlPlane, query.group, version, sections)
      : jsonOf(controlPlane, query.group, version, sections);
    return {
      body: Readable.from(text, { objectMode: false, highWaterMark: STREAM_BYTES }),
      contentType: yaml ? 'application/yaml' : 'application/json; charset=utf-8',
      version,
    };
  },
});

/** The snapshot of a group, resource by resource. */
export const snapshotOperations: readonly Operation[] = [readSnapshot];

const STREAM_BYTES = 65_536;

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
  yield stringify({ group, version });
  yield sections.length === 0 ? 'resources: {}\n' : 'resources:\n';
  for (const { type, resources } of sections) {
    yield `  ${type}:\n`;
    for (const resource of resources) {
      const [first = '', ...others] = stringify(controlPlane.resourceJson(resource)).trimEnd().split('\n');
      yield [`    - ${first}`, ...others.map((line) => (line === '' ? '' : `      ${line}`)), ''].join('\n');
    }
  }
}
