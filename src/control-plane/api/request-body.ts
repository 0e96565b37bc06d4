import { parseDocument } from 'yaml';
import { HeadgateError } from '../../kernel/errors.ts';
import { HttpError } from './http-error.ts';

/** Of one object's body, bytes. An object that is larger is no object that somebody reads. */
export const OBJECT_BYTES = 1024 * 1024;
/** Of many changes at once, bytes: 10,000 clusters with their endpoints are some 5 MiB. */
export const BATCH_BYTES = 16 * 1024 * 1024;

/** Media types of YAML: RFC 9512, and those that were used before it. */
export const YAML_TYPES = ['application/yaml', 'application/x-yaml', 'text/yaml', 'text/x-yaml'] as const;

/** Deeper values are refused: what walks through a value step by step ends at some depth. */
const MAX_NESTING = 100;
/** Nodes that aliases of a YAML document may stand for: a few lines could stand for gigabytes. */
const MAX_ALIASES = 100;

/** Reads a body of JSON. Errors: `invalid_argument`; its text is not repeated, for it may hold a secret. */
export function readJson(bytes: Buffer): unknown {
  const text = textOf(bytes);
  if (text.trim() === '') throw new HeadgateError('invalid_argument', 'The request has no body.');
  const value = parsed(() => JSON.parse(text, refusePrototypes), 'JSON');
  return refuseNesting(value);
}

/** Reads a body of YAML 1.2, one document. Errors: `invalid_argument`, with the line. */
export function readYaml(bytes: Buffer): unknown {
  const text = textOf(bytes);
  if (text.trim() === '') throw new HeadgateError('invalid_argument', 'The request has no body.');
  const document = parseDocument(text, { prettyErrors: false, logLevel: 'silent', resolveKnownTags: false });
  // A tag that is not known is a warning to the library.
  const [error] = [...document.errors, ...document.warnings];
  if (error !== undefined) {
    const line = text.slice(0, error.pos[0]).split('\n').length;
    throw new HeadgateError('invalid_argument', `The request body is not valid YAML: line ${line}, ${error.code}.`);
  }
  return refuseNesting(parsed(() => document.toJS({ maxAliasCount: MAX_ALIASES, reviver: refusePrototypes }), 'YAML'));
}

/** The error of a body that is larger than it may be. */
export function bodyTooLarge(limit: number): HttpError {
  return new HttpError(413, {
    code: 'invalid_argument',
    message: `The request body is larger than ${limit} bytes.`,
    hint:
      limit < BATCH_BYTES
        ? 'Send several objects by POST /api/v1/batch, which takes more.'
        : 'Split the change into several requests.',
    details: { limit_bytes: limit },
  });
}

function parsed(read: () => unknown, language: string): unknown {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof HeadgateError) throw cause;
    // JSON.parse and toJS walk by recursion.
    if (cause instanceof RangeError) throw tooDeep();
    if (cause instanceof ReferenceError) throw new HeadgateError('invalid_argument', ALIASES, { cause });
    throw new HeadgateError('invalid_argument', `The request body is not valid ${language}.`, { cause });
  }
}

const ALIASES =
  'The request body uses a YAML alias that is not there, or aliases too often. Write out what they stand for.';

function tooDeep(): HeadgateError {
  return new HeadgateError('invalid_argument', `The body is nested deeper than ${MAX_NESTING} levels.`);
}

function textOf(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new HeadgateError('invalid_argument', 'The request body is not UTF-8.', { cause });
  }
}

/** A key that would become the prototype of what it is copied into. */
function refusePrototypes(key: unknown, value: unknown): unknown {
  if (key !== '__proto__') return value;
  throw new HeadgateError('invalid_argument', 'The request body has a key __proto__, which no object has.');
}

function refuseNesting(value: unknown): unknown {
  let level = [value].filter(isObject);
  for (let depth = 1; level.length > 0; depth++) {
    if (depth > MAX_NESTING) throw tooDeep();
    level = level.flatMap((outer) => Object.values(outer).filter(isObject));
  }
  return value;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
