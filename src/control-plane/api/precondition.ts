import { HeadgateError } from '../../kernel/errors.ts';
import { HttpError } from './http-error.ts';

/** What a request says about the version that it is meant for. */
export interface Precondition {
  /** Versions of If-Match; `*`: whatever there is, but something; null: not said. */
  readonly ifMatch: readonly string[] | '*' | null;
  /** The same of If-None-Match. */
  readonly ifNoneMatch: readonly string[] | '*' | null;
}

/** A strong entity tag of a version. */
export function entityTag(version: string): string {
  return `"${version}"`;
}

/** Reads both headers. Errors: `invalid_argument` for what is no list of entity tags. */
export function readPrecondition(headers: {
  'if-match'?: string | undefined;
  'if-none-match'?: string | undefined;
}): Precondition {
  return {
    ifMatch: readTags('If-Match', headers['if-match']),
    ifNoneMatch: readTags('If-None-Match', headers['if-none-match']),
  };
}

/**
 * Whether a change of something may go on, by its version now (null: it is not there).
 * Errors: 412, which names the current version.
 */
export function requireMatch({ ifMatch, ifNoneMatch }: Precondition, current: string | null, what: string): void {
  if (ifMatch !== null && !includes(ifMatch, current)) throw preconditionFailed(what, current, ifMatch);
  if (ifNoneMatch !== null && includes(ifNoneMatch, current)) {
    throw new HttpError(
      412,
      {
        code: 'aborted',
        message: `${what} is there already.`,
        hint: 'Send If-Match with its ETag to replace it, or choose another name.',
        details: { current: current === null ? null : entityTag(current) },
      },
      tagHeader(current),
    );
  }
}

/** Whether what a client has is what there is: 304. */
export function isUnchanged({ ifNoneMatch }: Precondition, current: string): boolean {
  return ifNoneMatch !== null && includes(ifNoneMatch, current);
}

/** The error of a change that was meant for another version. */
export function preconditionFailed(what: string, current: string | null, meant: readonly string[] | '*'): HttpError {
  const now = current === null ? 'is not there' : `is ${entityTag(current)} now`;
  const asked = meant === '*' ? 'any version' : meant.map(entityTag).join(', ');
  return new HttpError(
    412,
    {
      code: 'aborted',
      message: `${what} ${now}; the change was meant for ${asked}.`,
      hint: 'Read it again, apply the change to what is there, and send it with the new ETag.',
      details: { current: current === null ? null : entityTag(current) },
    },
    tagHeader(current),
  );
}

function tagHeader(version: string | null): Record<string, string> {
  return version === null ? {} : { etag: entityTag(version) };
}

function includes(tags: readonly string[] | '*', version: string | null): boolean {
  return version !== null && (tags === '*' || tags.includes(version));
}

/** At most so many tags are looked at: a header is 16 KiB at most anyway. */
const TAG = /^\s*(W\/)?"([\x21\x23-\x7e]*)"\s*$/;

function readTags(header: string, value: string | undefined): readonly string[] | '*' | null {
  if (value === undefined) return null;
  if (value.trim() === '*') return '*';
  return value.split(',').map((part) => {
    const match = TAG.exec(part);
    // A weak tag never matches strongly (RFC 9110, 13.1.1), and for If-None-Match weak comparison is by what is inside.
    if (match !== null && (match[1] === undefined || header === 'If-None-Match')) return match[2] ?? '';
    throw new HeadgateError('invalid_argument', `${header} is no list of strong entity tags.`, {
      hint: 'Send the ETag of an answer as it was, in its quotation marks, or *.',
    });
  });
}
