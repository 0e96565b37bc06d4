import { type DescMessage, fromBinary, fromJson, type JsonObject, toBinary } from '@bufbuild/protobuf';
import { envoyRegistry } from '../../src/control-plane/descriptors/registry.ts';

/** Bytes of a message, from its JSON. Errors: throws on a message or field that Envoy's API does not have. */
export function encode(typeName: string, json: JsonObject): Buffer {
  return Buffer.from(toBinary(schema(typeName), fromJson(schema(typeName), json, { registry: envoyRegistry() })));
}

/** A resource in a response, with the body that it carries. */
export interface ReceivedResource {
  readonly name: string;
  /** Delta only; empty in the state of the world. */
  readonly version: string;
  /** Of the resource inside; empty: a heartbeat. */
  readonly body: Buffer;
  /** Null: for ever. Milliseconds. */
  readonly ttlMs: number | null;
  /** In the state of the world: in the wrapper that can carry a TTL. */
  readonly wrapped: boolean;
}

/** A response of either protocol. */
export interface Received {
  readonly typeUrl: string;
  readonly nonce: string;
  /** `version_info`, or `system_version_info`. */
  readonly version: string;
  readonly resources: readonly ReceivedResource[];
  /** Delta only. */
  readonly removed: readonly string[];
}

interface WireAny {
  readonly typeUrl: string;
  readonly value: Uint8Array;
}

interface WireResource {
  readonly name: string;
  readonly version: string;
  readonly resource?: WireAny;
  readonly ttl?: { readonly seconds: bigint; readonly nanos: number };
}

interface WireResponse {
  readonly typeUrl: string;
  readonly nonce: string;
  readonly versionInfo: string;
  readonly resources: readonly WireAny[];
}

interface WireDeltaResponse {
  readonly typeUrl: string;
  readonly nonce: string;
  readonly systemVersionInfo: string;
  readonly resources: readonly WireResource[];
  readonly removedResources: readonly string[];
}

const DISCOVERY = 'envoy.service.discovery.v3';
const WRAPPER = `type.googleapis.com/${DISCOVERY}.Resource`;

export function decodeSotw(bytes: Buffer): Received {
  const { typeUrl, nonce, versionInfo, resources } = decode<WireResponse>(`${DISCOVERY}.DiscoveryResponse`, bytes);
  return { typeUrl, nonce, version: versionInfo, resources: resources.map(sotwResource), removed: [] };
}

export function decodeDelta(bytes: Buffer): Received {
  const response = decode<WireDeltaResponse>(`${DISCOVERY}.DeltaDiscoveryResponse`, bytes);
  return {
    typeUrl: response.typeUrl,
    nonce: response.nonce,
    version: response.systemVersionInfo,
    resources: response.resources.map((resource) => deltaResource(resource, false)),
    removed: response.removedResources,
  };
}

function sotwResource({ typeUrl, value }: WireAny): ReceivedResource {
  if (typeUrl === WRAPPER) return deltaResource(decode<WireResource>(`${DISCOVERY}.Resource`, value), true);
  return { name: nameIn(value), version: '', body: Buffer.from(value), ttlMs: null, wrapped: false };
}

function deltaResource({ name, version, resource, ttl }: WireResource, wrapped: boolean): ReceivedResource {
  const body = Buffer.from(resource?.value ?? []);
  return {
    name: name === '' ? nameIn(body) : name,
    version,
    body,
    ttlMs: ttl === undefined ? null : Number(ttl.seconds) * 1000 + ttl.nanos / 1e6,
    wrapped,
  };
}

/** The name is field 1 of every type that is served. */
function nameIn(body: Uint8Array): string {
  const length = body[1] ?? 0;
  if (body[0] !== 0x0a || length > 0x7f) throw new Error('The resource does not begin with a short name.');
  return Buffer.from(body.subarray(2, 2 + length)).toString('utf8');
}

function decode<Message>(typeName: string, bytes: Uint8Array): Message {
  return fromBinary(schema(typeName), bytes) as unknown as Message;
}

function schema(typeName: string): DescMessage {
  const found = envoyRegistry().getMessage(typeName);
  if (found === undefined) throw new Error(`Envoy's API has no message ${typeName}.`);
  return found;
}
