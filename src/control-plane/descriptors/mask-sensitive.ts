import type { DescField, DescMessage } from '@bufbuild/protobuf';
import { isSensitive } from './message-plan.ts';
import { envoyRegistry } from './registry.ts';

/** What stands in place of a secret. */
const MASK = '[masked]';

/** Of a source of bytes these say only where they come from. */
const NOT_SECRET = new Set(['filename', 'environment_variable', 'watched_directory', 'path']);

/**
 * The JSON of a message with everything replaced that Envoy's API marks as sensitive: private keys, passwords, tokens, inline
 * secrets. Where a secret comes from (a file, an environment variable) stays. Field names are as in the .proto files.
 */
export function maskSensitive(descriptor: DescMessage, json: Record<string, unknown>): Record<string, unknown> {
  const held = heldBy(descriptor, json);
  return Object.fromEntries(
    Object.entries(json).map(([name, value]) => {
      const field = held.fields.find((each) => each.name === name);
      return [name, field === undefined ? value : maskField(field, value)];
    }),
  );
}

function maskField(field: DescField, value: unknown): unknown {
  if (isSensitive(field)) return maskValue(value);
  const { message } = field;
  if (message === undefined) return value;
  if (Array.isArray(value)) return value.map((item) => maskMessage(message, item));
  if (field.fieldKind !== 'map' || !isObject(value)) return maskMessage(message, value);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, maskMessage(message, item)]));
}

function maskMessage(descriptor: DescMessage, value: unknown): unknown {
  return isObject(value) ? maskSensitive(descriptor, value) : value;
}

function maskValue(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(maskValue);
  if (!isObject(value)) return MASK;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      name,
      NOT_SECRET.has(name) || name === '@type' ? inner : maskValue(inner),
    ]),
  );
}

/** Of an `Any` the message that it holds. */
function heldBy(descriptor: DescMessage, json: Record<string, unknown>): DescMessage {
  const url = json['@type'];
  if (descriptor.typeName !== 'google.protobuf.Any' || typeof url !== 'string') return descriptor;
  return envoyRegistry().getMessage(url.slice(url.lastIndexOf('/') + 1)) ?? descriptor;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
