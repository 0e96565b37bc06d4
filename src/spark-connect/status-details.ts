import { fromBinary } from '@bufbuild/protobuf';
import { anyUnpack } from '@bufbuild/protobuf/wkt';
import { type ServiceError, status } from '@grpc/grpc-js';
import { ErrorInfoSchema, RetryInfoSchema } from './generated/google/rpc/error_details_pb.ts';
import { StatusSchema } from './generated/google/rpc/status_pb.ts';

/** What a server says of an error beside its code, in `grpc-status-details-bin`. */
export interface StatusDetails {
  /** Untruncated, unlike that of the gRPC status. */
  readonly message: string;
  /** Java exception classes, the error itself first. */
  readonly classes: readonly string[];
  readonly errorClass: string | null;
  readonly sqlState: string | null;
  readonly parameters: Readonly<Record<string, string>>;
  /** Under which `FetchErrorDetails` knows more. */
  readonly errorId: string | null;
  /** How long the server asks to wait before the next try, ms; null: it does not ask for one. */
  readonly retryDelayMs: number | null;
}

/** Servers that say no error class apart write it in front of the message, or behind the exception of a failed task. */
const ERROR_CLASS = /(?:^\s*|Exception: )\[([A-Z][A-Z0-9_]*(?:\.[A-Z0-9_]+)?)\]/;
const SQL_STATE = /SQLSTATE: ([0-9A-Z]{5})\b/;

/** Whether something thrown is what gRPC throws. */
export function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && typeof (error as Partial<ServiceError>).code === 'number' && 'metadata' in error;
}

/** Reads the details of an error. Those that are missing or damaged count as not said. */
export function readStatusDetails(error: ServiceError): StatusDetails {
  const bytes = error.metadata?.get('grpc-status-details-bin')[0];
  const said = bytes instanceof Uint8Array ? decodeStatus(bytes) : null;
  const info = said?.info ?? {};
  const message = said?.message || error.details || error.message;
  const inMessage = readMessage(message);
  return {
    message,
    classes: parseClasses(info.classes),
    errorClass: info.errorClass || inMessage.errorClass,
    sqlState: info.sqlState || inMessage.sqlState,
    parameters: parseParameters(info.messageParameters),
    errorId: info.errorId || null,
    retryDelayMs: said?.retryDelayMs ?? null,
  };
}

/** The error class and the SQLSTATE that a message of Spark has in its text. */
export function readMessage(message: string): { errorClass: string | null; sqlState: string | null } {
  return { errorClass: ERROR_CLASS.exec(message)?.[1] ?? null, sqlState: SQL_STATE.exec(message)?.[1] ?? null };
}

/** Whether the same call may succeed when it is tried again: the conditions of PySpark's `DefaultPolicy`. */
export function isTransient(error: unknown): boolean {
  if (!isServiceError(error)) return false;
  if (error.code === status.UNAVAILABLE) return true;
  if (error.code === status.INTERNAL && error.message.includes('INVALID_CURSOR.DISCONNECTED')) return true;
  return readStatusDetails(error).retryDelayMs !== null;
}

function decodeStatus(bytes: Uint8Array) {
  try {
    const { message, details } = fromBinary(StatusSchema, bytes);
    const info: Record<string, string | undefined> = {};
    let retryDelayMs: number | null = null;
    for (const detail of details) {
      Object.assign(info, anyUnpack(detail, ErrorInfoSchema)?.metadata);
      const retry = anyUnpack(detail, RetryInfoSchema);
      if (retry !== undefined) {
        retryDelayMs = Number(retry.retryDelay?.seconds ?? 0n) * 1000 + (retry.retryDelay?.nanos ?? 0) / 1e6;
      }
    }
    return { message, info, retryDelayMs };
  } catch {
    return null;
  }
}

function parseClasses(text: string | undefined): string[] {
  const parsed = parseJson(text);
  return Array.isArray(parsed) ? parsed.filter((name) => typeof name === 'string') : [];
}

function parseParameters(text: string | undefined): Record<string, string> {
  const parsed = parseJson(text);
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return {};
  return Object.fromEntries(Object.entries(parsed).map(([key, value]) => [key, String(value)]));
}

/** The server cuts long values, so JSON may end early. */
function parseJson(text: string | undefined): unknown {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
