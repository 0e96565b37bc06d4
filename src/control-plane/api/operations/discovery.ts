import { fromBinary, type Registry, toJson } from '@bufbuild/protobuf';
import { z } from 'zod';
import { HeadgateError } from '../../../kernel/errors.ts';
import { envoyRegistry } from '../../descriptors/registry.ts';
import { groupOf } from '../../desired-state/proxy-group.ts';
import type { ProxyNode } from '../../proxy.ts';
import { RESOURCE_TYPES, type Resource, type ResourceType } from '../../resource.ts';
import { fetchResources } from '../../server/fetch-resources.ts';
import { defineOperation, type Operation } from '../operation.ts';

const Locality = z.object({
  region: z.string().default(''),
  zone: z.string().default(''),
  sub_zone: z.string().optional(),
  subZone: z.string().optional(),
});

const BuildVersion = z
  .object({
    version: z.object({
      major_number: z.int().optional(),
      majorNumber: z.int().optional(),
      minor_number: z.int().optional(),
      minorNumber: z.int().optional(),
      patch: z.int().optional(),
    }),
  })
  .transform(({ version: { patch = 0, ...numbers } }) =>
    [numbers.major_number ?? numbers.majorNumber ?? 0, numbers.minor_number ?? numbers.minorNumber ?? 0, patch].join(
      '.',
    ),
  );

/** Both spellings of field names are JSON of protobuf. */
const Node = z.object({
  id: z.string().default(''),
  cluster: z.string().default(''),
  metadata: z.record(z.string(), z.unknown()).default({}),
  locality: Locality.optional(),
  user_agent_name: z.string().optional(),
  userAgentName: z.string().optional(),
  user_agent_build_version: BuildVersion.optional(),
  userAgentBuildVersion: BuildVersion.optional(),
});

const DiscoveryRequest = z.object({
  version_info: z.string().optional(),
  versionInfo: z.string().optional(),
  node: Node.prefault({}),
  resource_names: z.array(z.string()).optional(),
  resourceNames: z.array(z.string()).optional(),
  type_url: z.string().optional(),
  typeUrl: z.string().optional(),
});

const DiscoveryResponse = z.object({
  versionInfo: z.string(),
  resources: z.array(z.record(z.string(), z.unknown())),
  typeUrl: z.string(),
});

/** Fetching by REST, for proxies that poll: one operation for each type that has a service of its own. */
export const discoveryOperations: readonly Operation[] = RESOURCE_TYPES.flatMap((type: ResourceType) =>
  type.service === null ? [] : [discover(type, type.service.rest)],
);

function discover(type: ResourceType, rest: string): Operation {
  const secrets = type.name === 'secrets';
  return defineOperation({
    method: 'POST',
    path: `/v3/discovery:${rest}`,
    id: `fetch_${rest}`,
    tag: 'xds',
    summary: `Fetch ${rest} by REST (DiscoveryRequest, DiscoveryResponse)`,
    description: secrets
      ? 'With the material: only for a token of the scope admin.'
      : 'JSON of protobuf. 304 where the version is what the proxy has.',
    access: secrets ? 'secrets' : 'read',
    body: DiscoveryRequest,
    answers: {
      200: { description: 'The resources', schema: DiscoveryResponse },
      304: { description: 'The proxy has them', schema: null },
    },
    problems: [413, 415],
    handle({ parts: { controlPlane }, body }) {
      const asked = body.type_url ?? body.typeUrl ?? '';
      if (asked !== '' && asked !== type.typeUrl) {
        throw new HeadgateError('invalid_argument', `type_url is not ${type.typeUrl}.`, {
          hint: 'Ask at the address of the type, or leave type_url out.',
        });
      }
      const snapshot = controlPlane.snapshot(groupOf(controlPlane.state, nodeOf(body.node)));
      const names = body.resource_names ?? body.resourceNames ?? [];
      const version = body.version_info ?? body.versionInfo ?? '';
      const answer = fetchResources(snapshot, { typeUrl: type.typeUrl, names, version });
      if (answer === 'unchanged') return { status: 304, body: null };
      const resources = answer.resources.map(anyOf);
      return {
        body: { versionInfo: answer.version, resources, typeUrl: type.typeUrl },
        headers: { 'cache-control': 'no-store' },
      };
    },
  });
}

/** The resource as canonical JSON of an `Any`. */
function anyOf({ typeUrl, body }: Resource): Record<string, unknown> {
  const registry = envoyRegistry();
  const schema = registry.getMessage(typeUrl.slice(typeUrl.lastIndexOf('/') + 1));
  if (schema === undefined) throw new Error(`${typeUrl} has no descriptor.`);
  const json = toJson(schema, fromBinary(schema, body), { registry: registry as Registry });
  return { '@type': typeUrl, ...(json as Record<string, unknown>) };
}

function nodeOf({ id, cluster, metadata, locality, ...agent }: z.output<typeof Node>): ProxyNode {
  return {
    id,
    cluster,
    metadata,
    region: locality?.region ?? '',
    zone: locality?.zone ?? '',
    subZone: locality?.sub_zone ?? locality?.subZone ?? '',
    version: agent.user_agent_build_version ?? agent.userAgentBuildVersion ?? null,
    agent: agent.user_agent_name ?? agent.userAgentName ?? '',
  };
}
