import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import type { Resource } from '../../resource.ts';
import type { Dialect } from './dialect.ts';

/** `DiscoveryResponse.resources` and `DeltaDiscoveryResponse.resources` have the same number. */
const RESOURCES = 2;
const WRAPPER = 'type.googleapis.com/envoy.service.discovery.v3.Resource';
const MS_PER_SECOND = 1000;
const NANOS_PER_MS = 1_000_000;

const encoded = new WeakMap<Resource, Array<Uint8Array | undefined>>();

/** A resource as one element of a response's `resources`, with its header. Made once for each dialect, and shared. */
export function encodeEntry(resource: Resource, dialect: Dialect): Uint8Array {
  let entries = encoded.get(resource);
  if (entries === undefined) {
    entries = [];
    encoded.set(resource, entries);
  }
  const index = resource.ttlMs === null && dialect.ttl ? dialect.index - 1 : dialect.index;
  const known = entries[index];
  if (known !== undefined) return known;
  const entry = asEntry(contentOf(resource, dialect));
  entries[index] = entry;
  return entry;
}

/** A heartbeat (T2): name, version and time to live, without the resource. */
export function encodeHeartbeat(resource: Resource, dialect: Dialect): Uint8Array {
  const wrapped = wrap(resource, true, false);
  return asEntry(dialect.protocol === 'delta' ? wrapped : any(WRAPPER, wrapped));
}

function contentOf(resource: Resource, { protocol, ttl }: Dialect): Uint8Array {
  if (protocol === 'delta') return wrap(resource, ttl, true);
  if (ttl && resource.ttlMs !== null) return any(WRAPPER, wrap(resource, true, true));
  return any(resource.typeUrl, resource.body);
}

/** `envoy.service.discovery.v3.Resource`. */
function wrap(resource: Resource, withTtl: boolean, withBody: boolean): Uint8Array {
  const writer = new BinaryWriter().tag(1, WireType.LengthDelimited).string(resource.version);
  if (withBody) writer.tag(2, WireType.LengthDelimited).bytes(any(resource.typeUrl, resource.body));
  writer.tag(3, WireType.LengthDelimited).string(resource.name);
  if (withTtl && resource.ttlMs !== null) writer.tag(6, WireType.LengthDelimited).bytes(duration(resource.ttlMs));
  return writer.finish();
}

function any(typeUrl: string, value: Uint8Array): Uint8Array {
  return new BinaryWriter()
    .tag(1, WireType.LengthDelimited)
    .string(typeUrl)
    .tag(2, WireType.LengthDelimited)
    .bytes(value)
    .finish();
}

function duration(ms: number): Uint8Array {
  return new BinaryWriter()
    .tag(1, WireType.Varint)
    .int64(Math.floor(ms / MS_PER_SECOND))
    .tag(2, WireType.Varint)
    .int32((ms % MS_PER_SECOND) * NANOS_PER_MS)
    .finish();
}

function asEntry(content: Uint8Array): Uint8Array {
  return new BinaryWriter().tag(RESOURCES, WireType.LengthDelimited).bytes(content).finish();
}
