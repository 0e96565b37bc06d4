import { destination, type Logger, pino } from 'pino';

export type LogLevel = 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent';

const STDERR = 2;

/** What replaces a secret in a log line. */
const REDACTED = '[redacted]';

/** User and password of a URL. */
const URL_CREDENTIALS = /(\b[a-z][a-z0-9+.-]*:\/\/)[^\s/@]+@/gi;

/** `name=value` and `name: value` where the name speaks of a secret; an authorization scheme goes with its value. */
const NAMED_SECRET =
  /\b([\w.-]*(?:password|passwd|secret|token|api[_-]?key|access[_-]?key|authorization|credential)[\w.-]*["']?\s*[=:]\s*["']?)(?:(?:Bearer|Basic)\s+)?[^\s"',;&]+/gi;

/** Text without the secrets that error messages of drivers and HTTP clients carry. */
export function redact(text: string): string {
  return text.replace(URL_CREDENTIALS, `$1${REDACTED}@`).replace(NAMED_SECRET, `$1${REDACTED}`);
}

/** An error as a log may keep it: name, message and stack, redacted. Its other properties are left out: clients hang requests with headers on them. */
export function describeError(error: unknown): { name: string; message: string; stack?: string; cause?: string } {
  if (!(error instanceof Error)) return { name: typeof error, message: redact(String(error)) };
  return {
    name: error.name,
    message: redact(error.message),
    ...(error.stack === undefined ? {} : { stack: redact(error.stack) }),
    ...(error.cause === undefined ? {} : { cause: redact(String(error.cause)) }),
  };
}

/**
 * JSON lines on stderr: stdout belongs to MCP. Errors under `err` are written by {@link describeError}. Lines of a request
 * carry the id of its trace as `trace_id`.
 */
export function createLogger(level: LogLevel, traceId: () => string | undefined = () => undefined): Logger {
  return pino(
    {
      level,
      serializers: { err: describeError },
      redact: { paths: ['*.password', '*.token', '*.authorization'] },
      mixin: () => {
        const id = traceId();
        return id === undefined ? {} : { trace_id: id };
      },
    },
    destination({ dest: STDERR, sync: true }),
  );
}
