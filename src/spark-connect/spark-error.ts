import { type ServiceError, status } from '@grpc/grpc-js';
import { type ErrorCode, HeadgateError } from '../kernel/errors.ts';
import { quote } from '../kernel/quote.ts';
import type { FetchErrorDetailsResponse } from './generated/spark/connect/base_pb.ts';
import { readMessage, readStatusDetails, type StatusDetails } from './status-details.ts';

/** Longest message of Spark that stands in an error, characters; plans of failed statements are longer. */
const MESSAGE_CHARS = 2_000;
/** Longest value of a message parameter, characters. */
const PARAMETER_CHARS = 500;

/** What an error class or its parent says. The first that fits counts. */
const BY_CLASS: readonly (readonly [RegExp, ErrorCode])[] = [
  [/^OPERATION_CANCELL?ED/, 'cancelled'],
  [/^INVALID_HANDLE\.(?:SESSION|OPERATION)/, 'aborted'],
  [/^(?:UNRESOLVED_(?:COLUMN|FIELD|ROUTINE|MAP_KEY|USING)|MISSING_(?:COLUMN|FIELD))/, 'not_found'],
  [/(?:_NOT_FOUND|_DOES_NOT_EXIST|_NOT_EXIST|NO_SUCH_\w+)(?:\.|$)/, 'not_found'],
  [/_ALREADY_EXISTS?(?:\.|$)|^CANNOT_DROP|_NOT_EMPTY(?:\.|$)|^CONCURRENT_STREAM/, 'failed_precondition'],
  [/PERMISSION|PRIVILEGE|ACCESS_DENIED/, 'permission_denied'],
  [/CONCURRENT_|_CONFLICT(?:\.|$)/, 'aborted'],
  [/OUT_OF_MEMORY|RESOURCE_EXHAUSTED|_LIMIT_EXCEEDED/, 'resource_exhausted'],
  [/TIMEOUT(?:\.|$)/, 'deadline_exceeded'],
  [/^(?:INTERNAL_ERROR|FAILED_EXECUTE_UDF|TASK_\w+|FAILED_READ_FILE|STAGE_\w+)/, 'failed_precondition'],
];

/** Classes and subclasses of SQLSTATE. The longest that fits counts. */
const BY_SQL_STATE: Readonly<Record<string, ErrorCode>> = {
  '08': 'unavailable',
  '0A': 'invalid_argument',
  '07': 'invalid_argument',
  '21': 'invalid_argument',
  '22': 'invalid_argument',
  '23': 'failed_precondition',
  '28': 'permission_denied',
  '40': 'aborted',
  '42': 'invalid_argument',
  '42501': 'permission_denied',
  '42703': 'not_found',
  '42704': 'not_found',
  '42883': 'not_found',
  '42P01': 'not_found',
  '42P07': 'failed_precondition',
  '46': 'invalid_argument',
  '53': 'resource_exhausted',
  '54': 'resource_exhausted',
  '55': 'failed_precondition',
  '57': 'unavailable',
  HY008: 'cancelled',
};

const BY_GRPC: Readonly<Partial<Record<status, ErrorCode>>> = {
  [status.CANCELLED]: 'cancelled',
  [status.INVALID_ARGUMENT]: 'invalid_argument',
  [status.OUT_OF_RANGE]: 'invalid_argument',
  [status.DEADLINE_EXCEEDED]: 'deadline_exceeded',
  [status.NOT_FOUND]: 'not_found',
  [status.ALREADY_EXISTS]: 'failed_precondition',
  [status.PERMISSION_DENIED]: 'permission_denied',
  [status.UNAUTHENTICATED]: 'unauthenticated',
  [status.RESOURCE_EXHAUSTED]: 'resource_exhausted',
  [status.FAILED_PRECONDITION]: 'failed_precondition',
  [status.ABORTED]: 'aborted',
  [status.UNIMPLEMENTED]: 'failed_precondition',
  [status.UNAVAILABLE]: 'unavailable',
};

const HINTS: Readonly<Partial<Record<ErrorCode, string>>> = {
  unavailable: 'Check that the Spark Connect server runs and can be reached at this address.',
  unauthenticated: 'Give a valid token for this Spark Connect endpoint.',
  permission_denied: 'The user of this Spark Connect session lacks a right on it.',
};

/**
 * What a caller sees of a gRPC error. `details` has Spark's `error_class`, `sql_state` and `message_parameters` where Spark says
 * them, `nearest` where it suggests names, `query_context` where it knows the place, `grpc_status` in any case.
 */
export function toHeadgateError(
  error: ServiceError,
  address: string,
  full: FetchErrorDetailsResponse | null = null,
): HeadgateError {
  const said = readStatusDetails(error);
  const root = full?.errors[full.rootErrorIdx ?? 0];
  const throwable = root?.sparkThrowable;
  const errorClass = throwable?.errorClass ?? said.errorClass;
  const sqlState = throwable?.sqlState ?? said.sqlState;
  const parameters = cutValues({ ...said.parameters, ...throwable?.messageParameters });
  const code = codeOf(error.code, errorClass, sqlState, said);
  const nearest = suggestions(parameters, said.message);
  const context = throwable?.queryContexts.find(({ fragment }) => fragment !== '');
  const details: Record<string, unknown> = {
    ...(errorClass === null ? {} : { error_class: errorClass }),
    ...(sqlState === null ? {} : { sql_state: sqlState }),
    ...(Object.keys(parameters).length === 0 ? {} : { message_parameters: parameters }),
    ...(nearest.length === 0 ? {} : { nearest }),
    ...(context === undefined
      ? {}
      : {
          query_context: {
            start: context.startIndex,
            stop: context.stopIndex,
            fragment: context.fragment.slice(0, PARAMETER_CHARS),
          },
        }),
    grpc_status: status[error.code],
  };
  const hint = nearest.length > 0 ? `Spark knows: ${nearest.join(', ')}.` : HINTS[code];
  return new HeadgateError(code, messageOf(error, root?.message || said.message, address, code), {
    ...(hint === undefined ? {} : { hint }),
    details,
    cause: error,
  });
}

function messageOf(error: ServiceError, message: string, address: string, code: ErrorCode): string {
  if (error.code === status.UNAVAILABLE) {
    return `Spark Connect at ${address} cannot be reached: ${quote(message, MESSAGE_CHARS)}.`;
  }
  if (code === 'cancelled') return 'The statement was cancelled on the Spark Connect server.';
  return `Spark answered: ${quote(sentenceOf(message) || status[error.code], MESSAGE_CHARS)}`;
}

/** The error of a message that Spark gave as a result. */
export function errorOfText(message: string): HeadgateError {
  const { errorClass, sqlState } = readMessage(message);
  const code = codeOf(undefined, errorClass, sqlState, { classes: ['AnalysisException'], message });
  const nearest = suggestions({}, message);
  return new HeadgateError(code, `Spark answered: ${quote(sentenceOf(message), MESSAGE_CHARS)}`, {
    ...(nearest.length === 0 ? {} : { hint: `Spark knows: ${nearest.join(', ')}.` }),
    details: {
      ...(errorClass === null ? {} : { error_class: errorClass }),
      ...(sqlState === null ? {} : { sql_state: sqlState }),
      ...(nearest.length === 0 ? {} : { nearest }),
    },
  });
}

/** The message without the plan and the Java stack that may follow it. */
function sentenceOf(message: string): string {
  return message
    .replace(/(; line \d+ pos \d+);\n[\s\S]*$/, '$1')
    .replace(/\n\s+at \S+\([\s\S]*$/, '')
    .trim();
}

function codeOf(
  grpc: status | undefined,
  errorClass: string | null,
  sqlState: string | null,
  said: Pick<StatusDetails, 'classes' | 'message'>,
): ErrorCode {
  const byClass = errorClass === null ? undefined : BY_CLASS.find(([form]) => form.test(errorClass))?.[1];
  const bySqlState = BY_SQL_STATE[sqlState ?? ''] ?? BY_SQL_STATE[(sqlState ?? '').slice(0, 2)];
  const byGrpc = grpc === undefined ? undefined : BY_GRPC[grpc];
  return byClass ?? bySqlState ?? byGrpc ?? byException(said);
}

/** Errors without an error class: those of the cluster, of the file system, of the user's own code. */
function byException({ classes, message }: Pick<StatusDetails, 'classes' | 'message'>): ErrorCode {
  if (/java\.lang\.OutOfMemoryError/.test(message)) return 'resource_exhausted';
  if (/stopped SparkContext|SparkContext was shut ?down/.test(message)) return 'unavailable';
  if (classes.some((name) => /ParseException|AnalysisException|IllegalArgumentException/.test(name))) {
    return 'invalid_argument';
  }
  if (classes.some((name) => /AccessControlException|AccessDenied/.test(name))) return 'permission_denied';
  if (classes.some((name) => /FileNotFoundException|NoSuch\w+Exception/.test(name))) return 'not_found';
  return 'failed_precondition';
}

/** Spark's own nearest names, identifiers in backticks: a parameter, in 3.5 a part of the message alone. */
function suggestions(parameters: Readonly<Record<string, string>>, message: string): string[] {
  const text =
    parameters.proposal ??
    parameters.suggestion ??
    /Did you mean one of the following\? \[(.*?)\]\./s.exec(message)?.[1] ??
    '';
  return (text.match(/`(?:[^`]|``)+`(?:\.`(?:[^`]|``)+`)*/g) ?? []).slice(0, 5);
}

function cutValues(parameters: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(parameters).map(([key, value]) => [
      key,
      value.length <= PARAMETER_CHARS ? value : `${value.slice(0, PARAMETER_CHARS)}…`,
    ]),
  );
}
