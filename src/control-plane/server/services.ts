import type {
  handleBidiStreamingCall,
  handleUnaryCall,
  ServiceDefinition,
  UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { HeadgateError } from '../../kernel/errors.ts';
import { RESOURCE_TYPES } from '../resource.ts';
import { fetchResources } from './fetch-resources.ts';
import type { Fleet } from './fleet.ts';
import { grpcStatusOf } from './grpc-status.ts';
import { UNKNOWN_NODE } from './wire/decode-node.ts';
import { decodeSotwRequest } from './wire/decode-request.ts';
import { dialectOf } from './wire/dialect.ts';
import { encodeEntry } from './wire/encode-entry.ts';
import { encodeBody, withNonce } from './wire/encode-response.ts';
import type { XdsCall } from './xds-stream.ts';

/** A gRPC service with its methods. */
export interface XdsService {
  readonly definition: ServiceDefinition;
  readonly implementation: UntypedServiceImplementation;
}

/** Takes a new stream. `typeUrl` null: aggregated. */
export type AcceptStream = (call: XdsCall, protocol: 'sotw' | 'delta', typeUrl: string | null) => void;

const AGGREGATED = 'envoy.service.discovery.v3.AggregatedDiscoveryService';

/** A unary answer is the only response of its call. */
const ONLY_NONCE = 1;

const asIs = (bytes: Buffer): Buffer => bytes;

function method(service: string, name: string, streaming: boolean) {
  return {
    path: `/${service}/${name}`,
    requestStream: streaming,
    responseStream: streaming,
    requestSerialize: asIs,
    requestDeserialize: asIs,
    responseSerialize: asIs,
    responseDeserialize: asIs,
  };
}

/** The aggregated service, and each type's own. Messages are bytes. */
export function xdsServices(fleet: Fleet, accept: AcceptStream): XdsService[] {
  const stream =
    (protocol: 'sotw' | 'delta', typeUrl: string | null): handleBidiStreamingCall<Buffer, Buffer> =>
    (call) =>
      accept(call, protocol, typeUrl);
  const aggregated: XdsService = {
    definition: {
      StreamAggregatedResources: method(AGGREGATED, 'StreamAggregatedResources', true),
      DeltaAggregatedResources: method(AGGREGATED, 'DeltaAggregatedResources', true),
    },
    implementation: {
      StreamAggregatedResources: stream('sotw', null),
      DeltaAggregatedResources: stream('delta', null),
    },
  };
  const separate = RESOURCE_TYPES.flatMap(({ typeUrl, service }): XdsService[] => {
    if (service === null) return [];
    const { name, methods } = service;
    const [streamed, delta, fetched] = [`Stream${methods}`, `Delta${methods}`, `Fetch${methods}`];
    return [
      {
        definition: {
          [streamed]: method(name, streamed, true),
          [delta]: method(name, delta, true),
          [fetched]: method(name, fetched, false),
        },
        implementation: {
          [streamed]: stream('sotw', typeUrl),
          [delta]: stream('delta', typeUrl),
          [fetched]: fetchMethod(fleet, typeUrl),
        },
      },
    ];
  });
  return [aggregated, ...separate];
}

/** A unary fetch. It answers in full also where the client has the version: gRPC has no way to say that nothing changed. */
function fetchMethod(fleet: Fleet, typeUrl: string): handleUnaryCall<Buffer, Buffer> {
  return ({ request: bytes }, callback) => {
    try {
      const request = decodeSotwRequest(bytes);
      const { node, features } = request.node ?? UNKNOWN_NODE;
      const snapshot = fleet.snapshotFor(node);
      if (snapshot === null)
        throw new HeadgateError('unavailable', 'There is no configuration for this node yet.', {
          hint: 'Ask again when one was published.',
        });
      const fetched = fetchResources(snapshot, { typeUrl, names: request.names, version: '' });
      const { version, resources } = fetched === 'unchanged' ? { version: '', resources: [] } : fetched;
      const dialect = dialectOf('sotw', features);
      const entries = resources.map((resource) => encodeEntry(resource, dialect));
      callback(null, withNonce(encodeBody({ typeUrl, version, entries, removed: [] }, dialect), ONLY_NONCE));
    } catch (error) {
      if (!(error instanceof HeadgateError)) fleet.parts.report('A fetch could not be served.', error);
      const known = error instanceof HeadgateError ? error : new HeadgateError('internal', 'The control plane failed.');
      callback(grpcStatusOf(known));
    }
  };
}
