import { status } from '@grpc/grpc-js';
import type { ErrorCode, HeadgateError } from '../../kernel/errors.ts';

const CODES: Readonly<Record<ErrorCode, status>> = {
  invalid_argument: status.INVALID_ARGUMENT,
  not_found: status.NOT_FOUND,
  permission_denied: status.PERMISSION_DENIED,
  unauthenticated: status.UNAUTHENTICATED,
  unavailable: status.UNAVAILABLE,
  deadline_exceeded: status.DEADLINE_EXCEEDED,
  resource_exhausted: status.RESOURCE_EXHAUSTED,
  aborted: status.ABORTED,
  failed_precondition: status.FAILED_PRECONDITION,
  cancelled: status.CANCELLED,
  internal: status.INTERNAL,
};

/** An error as the status that a client sees: message and hint, never a cause. */
export function grpcStatusOf(error: HeadgateError): Error & { code: status; details: string } {
  const details = error.hint === undefined ? error.message : `${error.message} ${error.hint}`;
  return Object.assign(new Error(details), { code: CODES[error.code], details });
}
