import { HeadgateError } from '../../kernel/errors.ts';
import type { Bound, Parameters } from './channel.ts';

/** Parameters as a channel carries them: what JSON has no value for is text that DuckDB casts, objects are JSON text. */
export function boundParameters(
  parameters: readonly unknown[] | Readonly<Record<string, unknown>> | undefined,
): Parameters {
  if (parameters === undefined) return [];
  if (Array.isArray(parameters)) return parameters.map(bound);
  return Object.fromEntries(Object.entries(parameters).map(([name, value]) => [name, bound(value)]));
}

function bound(value: unknown): Bound {
  switch (typeof value) {
    case 'string':
      return wellFormed(value);
    case 'boolean':
      return value;
    case 'number':
      return Number.isFinite(value) ? value : String(value);
    case 'bigint':
      return value.toString();
    case 'undefined':
      return null;
    default:
      return boundObject(value);
  }
}

function boundObject(value: unknown): Bound {
  if (value === null) return null;
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map(bound);
  return JSON.stringify(value);
}

function wellFormed(text: string): string {
  if (!text.includes('\u0000') && text.isWellFormed()) return text;
  throw new HeadgateError('invalid_argument', 'A parameter holds a NUL character or half of a character.', {
    hint: 'Text must be valid UTF-8 without NUL.',
  });
}
