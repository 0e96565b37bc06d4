import { HeadgateError } from '../../kernel/errors.ts';

/** An error for which HTTP has a closer status than its code has. */
export class HttpError extends HeadgateError {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    error: { code: HeadgateError['code']; message: string; hint?: string; details?: Record<string, unknown> },
    headers: Readonly<Record<string, string>> = {},
  ) {
    const { code, message, ...options } = error;
    super(code, message, options);
    this.status = status;
    this.headers = headers;
  }
}
