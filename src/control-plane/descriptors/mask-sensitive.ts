import type { DescField, DescMessage } from '@bufbuild/protobuf';
import { isSensitive } from './message-plan.ts';
import { envoyRegistry } from './registry.ts';

/** What stands in place of a secret. */
const MASK = '[masked]';

/** Of a source of bytes these say only where they come from. */
const NOT_SECRET = new Set(['filename', 'environment_variable', 'watched_directory', 'path']);

/**
 * The JSON of a message with everything replaced that Envoy's API marks as sensitive: private keys, passwords, tokens, inline
 * secrets. Where a secret comes from (a file, an environment variable) stays.
 */
export function maskSensitive(descriptor: DescMessage, json: Record<string, unknown>): Record<string, unknown> {
  const held = heldBy(descriptor, json);
  return Object.fromEntries(
    Object.entries(json).map(([name, value]) => {
      const field = held.fields.find((each) => each.name === name || each.jsonName === name);
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

/**
 * Where the JSON of a message holds a secret itself: paths from its root to what Envoy's API marks as sensitive, and to private keys in
 * PEM wherever they stand. Where a secret comes from is none.
 */
export function sensitivePaths(descriptor: DescMessage, json: unknown): Array<Array<string | number>> {
  return pathsIn(descriptor, json, false, []);
}

type Path = Array<string | number>;

function pathsIn(descriptor: DescMessage | undefined, value: unknown, sensitive: boolean, at: Path): Path[] {
  if (Array.isArray(value)) return value.flatMap((item, index) => pathsIn(descriptor, item, sensitive, [...at, index]));
  if (!isObject(value)) return value !== null && (sensitive || isPrivateKey(value)) ? [at] : [];
  const held = descriptor === undefined ? undefined : heldBy(descriptor, value);
  return Object.entries(value).flatMap(([name, inner]) => {
    if (name === '@type' || (sensitive && NOT_SECRET.has(snakeCase(name)))) return [];
    const path = [...at, name];
    const field = held?.fields.find((each) => each.name === name || each.jsonName === name);
    const inSecret = sensitive || (field !== undefined && isSensitive(field));
    if (field?.fieldKind !== 'map' || !isObject(inner)) return pathsIn(field?.message, inner, inSecret, path);
    return Object.entries(inner).flatMap(([key, item]) => pathsIn(field.message, item, inSecret, [...path, key]));
  });
}

function isPrivateKey(value: unknown): boolean {
  return typeof value === 'string' && /-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(value);
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
