import { HeadgateError } from '../../kernel/errors.ts';

/** The system's error code of a failed file operation, or null. */
export function systemCode(cause: unknown): string | null {
  if (typeof cause !== 'object' || cause === null || !('code' in cause)) return null;
  return typeof cause.code === 'string' ? cause.code : null;
}

/**
 * Turns a failed file operation on `path` into the error that a caller sees.
 *
 * `not_found` when it is not there, `permission_denied` when it may not be read, `unavailable` for the rest
 * (a broken disk, a network share that went away, too many open files).
 */
export function ioError(path: string, cause: unknown): HeadgateError {
  const code = systemCode(cause);
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new HeadgateError('not_found', `There is no file or folder at ${path}.`, {
      hint: 'Check the path; a log that was finished or cleaned up meanwhile may have another name.',
      cause,
    });
  }
  if (code === 'EACCES' || code === 'EPERM') {
    return new HeadgateError('permission_denied', `${path} may not be read by this user.`, {
      hint: 'Give the user that runs Headgate read access to it.',
      cause,
    });
  }
  return new HeadgateError('unavailable', `${path} could not be read (${code ?? String(cause)}).`, {
    hint: 'Check the disk or the network share that holds it, then try again.',
    cause,
  });
}
