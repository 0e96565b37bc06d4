import { fromBinary, toJson } from '@bufbuild/protobuf';
import { StructSchema } from '@bufbuild/protobuf/wkt';
import type { ProxyNode } from '../../proxy.ts';
import { type FieldReader, garbage } from './field-reader.ts';

/** What a client says of itself, and which parts of the protocol it understands. */
export interface DecodedNode {
  readonly node: ProxyNode;
  /** `xds.config.supports-resource-ttl`, … */
  readonly features: ReadonlySet<string>;
}

/** The node of a client that says nothing of itself. */
export const UNKNOWN_NODE: DecodedNode = {
  node: { id: '', cluster: '', region: '', zone: '', subZone: '', version: null, agent: '', metadata: {} },
  features: new Set(),
};

type Draft = { -readonly [Key in keyof ProxyNode]: ProxyNode[Key] };

const NODE_FIELDS: Readonly<Record<number, (node: Draft, field: FieldReader) => void>> = {
  1: (node, field) => {
    node.id = field.text();
  },
  2: (node, field) => {
    node.cluster = field.text();
  },
  3: (node, field) => {
    node.metadata = decodeStruct(field.bytes());
  },
  4: (node, field) => {
    Object.assign(node, decodeLocality(field.message()));
  },
  6: (node, field) => {
    node.agent = field.text();
  },
  7: (node, field) => {
    node.version = field.text();
  },
  8: (node, field) => {
    node.version = decodeBuildVersion(field.message()) ?? node.version;
  },
};

/** `envoy.config.core.v3.Node`. Its list of extensions is skipped. Errors: `invalid_argument`. */
export function decodeNode(reader: FieldReader): DecodedNode {
  const node: Draft = { ...UNKNOWN_NODE.node };
  const features = new Set<string>();
  while (reader.next()) {
    if (reader.field === 10) features.add(reader.text());
    else NODE_FIELDS[reader.field]?.(node, reader);
  }
  return { node, features };
}

function decodeLocality(reader: FieldReader): Pick<ProxyNode, 'region' | 'zone' | 'subZone'> {
  const locality = { region: '', zone: '', subZone: '' };
  while (reader.next()) {
    if (reader.field === 1) locality.region = reader.text();
    else if (reader.field === 2) locality.zone = reader.text();
    else if (reader.field === 3) locality.subZone = reader.text();
  }
  return locality;
}

/** `BuildVersion.version`, a `SemanticVersion`; null: it is not there. */
function decodeBuildVersion(reader: FieldReader): string | null {
  let version: string | null = null;
  while (reader.next()) {
    if (reader.field !== 1) continue;
    const parts = [0, 0, 0];
    const numbers = reader.message();
    while (numbers.next()) if (numbers.field <= 3) parts[numbers.field - 1] = numbers.number;
    version = parts.join('.');
  }
  return version;
}

function decodeStruct(bytes: Buffer): Record<string, unknown> {
  try {
    return toJson(StructSchema, fromBinary(StructSchema, bytes)) as Record<string, unknown>;
  } catch {
    throw garbage('the metadata of the node is not a google.protobuf.Struct');
  }
}
