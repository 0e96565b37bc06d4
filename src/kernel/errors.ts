/** The gRPC canonical codes that Headgate uses, in snake_case. */
export type ErrorCode =
  | 'invalid_argument'
  | 'not_found'
  | 'permission_denied'
  | 'unauthenticated'
  | 'unavailable'
  | 'deadline_exceeded'
  | 'resource_exhausted'
  | 'aborted'
  | 'failed_precondition'
  | 'cancelled'
  | 'internal';

/** What each code says, in one sentence: the generated reference prints it. */
export const ERROR_MEANINGS: Readonly<Record<ErrorCode, string>> = {
  invalid_argument: 'An argument, a file or a configuration value is not what is accepted there.',
  not_found: 'Something that was named does not exist; `details.nearest` offers what does.',
  permission_denied: 'The policy, the operating system or the configured folders do not allow it.',
  unauthenticated: 'The caller did not say who it is.',
  unavailable: 'A platform, a disk or the gateway itself cannot be reached now.',
  deadline_exceeded: 'It took longer than it may.',
  resource_exhausted: 'A limit or a disk is full.',
  aborted: 'Something else changed the same thing at the same time.',
  failed_precondition: 'The state of the system does not allow it until somebody changes that state.',
  cancelled: 'The caller ended the call.',
  internal: 'Headgate failed; its log has the cause under the id in `details.error_id`.',
};

/** Codes for which the same call can succeed later without a change by the caller. */
const RETRYABLE: ReadonlySet<ErrorCode> = new Set([
  'unavailable',
  'deadline_exceeded',
  'resource_exhausted',
  'aborted',
]);

/** What a caller sees of an error: the same object over MCP, REST and the command line. */
export interface ErrorBody {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint?: string;
  readonly retryable: boolean;
  readonly details?: Record<string, unknown>;
}

/**
 * The only error that Headgate throws on purpose.
 *
 * `message` names the thing that is wrong, `hint` the next step, `cause` is for the log and never leaves the process.
 */
export class HeadgateError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly details: Record<string, unknown> | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    options: { hint?: string; details?: Record<string, unknown>; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.name = 'HeadgateError';
    this.code = code;
    this.hint = options.hint;
    this.details = options.details;
  }

  get retryable(): boolean {
    return RETRYABLE.has(this.code);
  }

  /** The part that may leave the process. */
  toBody(): ErrorBody {
    return {
      code: this.code,
      message: this.message,
      ...(this.hint === undefined ? {} : { hint: this.hint }),
      retryable: this.retryable,
      ...(this.details === undefined ? {} : { details: this.details }),
    };
  }
}

/** Throws `cancelled` when the signal was aborted. */
export function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new HeadgateError('cancelled', 'The call was cancelled by its caller.');
}
