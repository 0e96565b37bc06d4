import { type DecodedNode, decodeNode } from './decode-node.ts';
import { FieldReader } from './field-reader.ts';

/** The `error_detail` of a NACK. */
export interface ErrorDetail {
  readonly code: number;
  readonly message: string;
}

interface AnyRequest {
  /** Null: it is not in this request. The first of a stream has it. */
  node: DecodedNode | null;
  /** Empty: not given. */
  typeUrl: string;
  /** Empty: it answers nothing. */
  nonce: string;
  /** Not null: a NACK. */
  errorDetail: ErrorDetail | null;
}

/** `envoy.service.discovery.v3.DiscoveryRequest`: the state of the world. */
export interface SotwRequest extends AnyRequest {
  versionInfo: string;
  names: string[];
}

/** `envoy.service.discovery.v3.DeltaDiscoveryRequest`. */
export interface DeltaRequest extends AnyRequest {
  subscribe: string[];
  unsubscribe: string[];
  /** What the client has from an earlier stream: name → version. Null: nothing. */
  initialVersions: Map<string, string> | null;
}

/** Errors: `invalid_argument` where the bytes are no message. Unknown fields are skipped. */
export function decodeSotwRequest(bytes: Buffer): SotwRequest {
  const request: SotwRequest = { node: null, typeUrl: '', nonce: '', errorDetail: null, versionInfo: '', names: [] };
  const reader = new FieldReader(bytes);
  while (reader.next()) {
    if (reader.field === 1) request.versionInfo = reader.text();
    else if (reader.field === 2) request.node = decodeNode(reader.message());
    else if (reader.field === 3) request.names.push(reader.text());
    else if (reader.field === 4) request.typeUrl = reader.text();
    else if (reader.field === 5) request.nonce = reader.text();
    else if (reader.field === 6) request.errorDetail = decodeStatus(reader.message());
    else if (reader.field === 7) request.names.push(decodeLocator(reader.message()));
  }
  return request;
}

/** Errors: `invalid_argument` where the bytes are no message. Unknown fields are skipped. */
export function decodeDeltaRequest(bytes: Buffer): DeltaRequest {
  const request: DeltaRequest = {
    node: null,
    typeUrl: '',
    nonce: '',
    errorDetail: null,
    subscribe: [],
    unsubscribe: [],
    initialVersions: null,
  };
  const reader = new FieldReader(bytes);
  while (reader.next()) {
    if (reader.field === 5) {
      request.initialVersions ??= new Map();
      decodeEntry(reader.message(), request.initialVersions);
    } else if (reader.field === 3) request.subscribe.push(reader.text());
    else if (reader.field === 4) request.unsubscribe.push(reader.text());
    else readDeltaHead(reader, request);
  }
  return request;
}

function readDeltaHead(reader: FieldReader, request: DeltaRequest): void {
  if (reader.field === 1) request.node = decodeNode(reader.message());
  else if (reader.field === 2) request.typeUrl = reader.text();
  else if (reader.field === 6) request.nonce = reader.text();
  else if (reader.field === 7) request.errorDetail = decodeStatus(reader.message());
  else if (reader.field === 8) request.subscribe.push(decodeLocator(reader.message()));
  else if (reader.field === 9) request.unsubscribe.push(decodeLocator(reader.message()));
}

function decodeEntry(reader: FieldReader, into: Map<string, string>): void {
  let name = '';
  let version = '';
  while (reader.next()) {
    if (reader.field === 1) name = reader.text();
    else if (reader.field === 2) version = reader.text();
  }
  into.set(name, version);
}

/** `google.rpc.Status`. */
function decodeStatus(reader: FieldReader): ErrorDetail {
  let code = 0;
  let message = '';
  while (reader.next()) {
    if (reader.field === 1) code = reader.number;
    else if (reader.field === 2) message = reader.text();
  }
  return { code, message };
}

/** `ResourceLocator`: its name. Dynamic parameters choose nothing here. */
function decodeLocator(reader: FieldReader): string {
  let name = '';
  while (reader.next()) if (reader.field === 1) name = reader.text();
  return name;
}
