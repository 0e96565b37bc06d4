import { type DescMessage, fromBinary, toJson } from '@bufbuild/protobuf';
import { HeadgateError } from '../../kernel/errors.ts';
import { problemsError } from '../problem.ts';
import { MessageEncoder } from './message-encoder.ts';
import { envoyRegistry } from './registry.ts';

const encoder = new MessageEncoder(new Map());

/**
 * A message of Envoy's API, or of what it uses, in protobuf. Fields are named as in the .proto files, or in camelCase; an `Any`
 * has its type URL under `@type`. Constraints of values are not checked here.
 * Errors: `invalid_argument` naming the path of an unknown field, or of a value of the wrong type.
 */
export function encodeMessage(typeName: string, json: unknown): Uint8Array {
  const { bytes, broken, problems } = encoder.encode(messageDescriptor(typeName), json);
  if (broken) throw problemsError(problems.filter(({ rule }) => rule !== 'constraint'));
  return bytes;
}

/** The JSON of a message, with field names as in the .proto files. Errors: `invalid_argument` when the bytes are not of the type. */
export function decodeMessage(typeName: string, bytes: Uint8Array): Record<string, unknown> {
  const descriptor = messageDescriptor(typeName);
  try {
    const options = { registry: envoyRegistry(), useProtoFieldName: true };
    return toJson(descriptor, fromBinary(descriptor, bytes), options) as Record<string, unknown>;
  } catch (cause) {
    throw new HeadgateError('invalid_argument', `The bytes are not a message of ${typeName}.`, { cause });
  }
}

/** The descriptor of a type by its name. Errors: `invalid_argument` when Envoy's API has no such type. */
export function messageDescriptor(typeName: string): DescMessage {
  const descriptor = envoyRegistry().getMessage(typeName);
  if (descriptor === undefined)
    throw new HeadgateError('invalid_argument', `${typeName} is not a message of Envoy's API.`, {
      hint: 'Name it with its package, as envoy.config.cluster.v3.Cluster.',
    });
  return descriptor;
}
