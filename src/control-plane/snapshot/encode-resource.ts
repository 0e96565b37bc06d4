import { createHash } from 'node:crypto';
import { fieldOf } from '../descriptors/json-path.ts';
import { maskSensitive } from '../descriptors/mask-sensitive.ts';
import { MessageEncoder } from '../descriptors/message-encoder.ts';
import { decodeMessage, messageDescriptor } from '../descriptors/message-json.ts';
import { type Problem, problemsError } from '../problem.ts';
import { type BuiltResource, type Resource, type ResourceType, resourceType } from '../resource.ts';
import { bindAddresses } from './bind-addresses.ts';
import { RESOURCE_VISITORS } from './resource-visitors.ts';

const VERSION_CHARS = 16;
const NAMELESS = '(without a name)';

/** One for the process: it keeps the bytes of parts that did not change. */
const encoder = new MessageEncoder(RESOURCE_VISITORS);

/**
 * A resource in protobuf, with its version, what it refers to, and what is wrong with it: constraints of Envoy's API, regular
 * expressions that Envoy refuses, traps. Equal resources have equal versions, whatever the order of their keys. Problems' paths are
 * `clusters/search: load_assignment.endpoints[0]`.
 * Errors: `invalid_argument` naming the path of an unknown field, or of a value of the wrong type: nothing can be encoded then.
 */
export function encodeResource(built: BuiltResource): { resource: Resource; problems: Problem[] } {
  const type = servedType(built.typeUrl);
  const json = built.json;
  const encoded = encoder.encode(messageDescriptor(type.typeUrl.slice(type.typeUrl.lastIndexOf('/') + 1)), json);
  const given = fieldOf(json, type.nameField);
  const name = typeof given === 'string' && given !== '' ? given : NAMELESS;
  const problems = encoded.problems.map((problem) => located(type, name, problem));
  if (encoded.broken) throw problemsError(problems);
  if (name === NAMELESS) throw problemsError([located(type, name, nameless(type.nameField))]);
  const ttlMs = built.ttlMs ?? null;
  const resource: Resource = {
    name,
    typeUrl: type.typeUrl,
    version: versionOf(encoded.bytes, ttlMs),
    body: encoded.bytes,
    references: encoded.references,
    binds: type.name === 'listeners' ? bindAddresses(json) : [],
    ttlMs,
    warmsByHealthCheck: type.name === 'clusters' && warmsByHealthCheck(json),
  };
  return { resource, problems };
}

/** The JSON of a resource's protobuf, with field names as in the .proto files. What Envoy's API marks as sensitive is masked. */
export function resourceJson(resource: Resource): Record<string, unknown> {
  const typeName = resource.typeUrl.slice(resource.typeUrl.lastIndexOf('/') + 1);
  return maskSensitive(messageDescriptor(typeName), decodeMessage(typeName, resource.body));
}

/** A time to live is no part of the bytes, and proxies are to hear of its change. */
function versionOf(bytes: Uint8Array, ttlMs: number | null): string {
  const hash = createHash('sha256').update(bytes);
  if (ttlMs !== null) hash.update(` ttl ${ttlMs}`);
  return hash.digest('base64url').slice(0, VERSION_CHARS);
}

function servedType(typeUrl: string): ResourceType {
  const type = resourceType(typeUrl);
  if (type !== undefined) return type;
  throw problemsError([
    {
      severity: 'error',
      rule: 'unknown-type',
      path: typeUrl,
      message: `${typeUrl} is not a type of resources that is served.`,
      hint: 'Name one that Envoy asks a control plane for, as type.googleapis.com/envoy.config.cluster.v3.Cluster.',
    },
  ]);
}

function nameless(field: string): Problem {
  return {
    severity: 'error',
    rule: 'constraint',
    path: field,
    message: `${field} is required: it names the resource.`,
  };
}

function located(type: ResourceType, name: string, problem: Problem): Problem {
  const where = `${type.name}/${name}`;
  return { ...problem, path: problem.path === '' ? where : `${where}: ${problem.path}` };
}

/** Envoy waits for the first health check of a cluster's hosts, unless told not to. */
function warmsByHealthCheck(cluster: Readonly<Record<string, unknown>>): boolean {
  const checks = fieldOf(cluster, 'health_checks');
  return Array.isArray(checks) && checks.length > 0 && fieldOf(cluster, 'wait_for_warm_on_init') !== false;
}
