import { HeadgateError } from '../../../../kernel/errors.ts';
import { firstLine, quoteLogLine } from '../../../../kernel/log-text.ts';
import { label } from '../../../../kernel/quoted.ts';

/** Characters of an answer that an error quotes. */
const QUOTED_CHARS = 200;

/** What one attempt to ask a server met. It stays in this folder: who asked sees `error`. */
export class RestFault extends Error {
  readonly error: HeadgateError;
  /** Worth another attempt soon. */
  readonly again: boolean;
  /** What the server asked to wait, ms. */
  readonly waitMs: number | null;
  /** The server did not accept who asks: a fresh session may help. */
  readonly refused: boolean;

  constructor(error: HeadgateError, kind: { again?: boolean; waitMs?: number | null; refused?: boolean } = {}) {
    super(error.message, { cause: error });
    this.error = error;
    this.again = kind.again ?? false;
    this.waitMs = kind.waitMs ?? null;
    this.refused = kind.refused ?? false;
  }
}

/** Which source was asked for what; errors begin with it. */
export interface Asked {
  /** Name of the source. */
  readonly name: string;
  /** Address of the server without credentials. */
  readonly base: string;
  /** What was asked for, beneath `/api/v1/`. */
  readonly path: string;
  readonly timeoutMs: number;
}

/** An answer whose status is not 200. */
export interface BadAnswer {
  readonly status: number;
  readonly contentType: string;
  /** First characters of the body. */
  readonly text: string;
  readonly retryAfter: string | null;
  readonly location: string | null;
}

const server = ({ name, base }: Asked): string => `source ${name} (${label(base)})`;

const start = (asked: Asked): string => `S${server(asked).slice(1)}`;

/** A web page where data was asked for: a login page, a proxy's, or another program's. */
export function isWebPage(contentType: string, text: string): boolean {
  return /\bhtml\b/i.test(contentType) || /^\s*<(?:!doctype html|html|head|body)\b/i.test(text);
}

/** The fault that an answer with this status means. `now` is epoch ms. */
export function faultOfAnswer(asked: Asked, answer: BadAnswer, now: number): RestFault {
  const { status } = answer;
  const said = saidBy(answer);
  const details = { status };
  const fail = (code: HeadgateError['code'], message: string, hint: string) =>
    new HeadgateError(code, `${start(asked)} ${message}${said}`, { hint, details });
  if (status >= 300 && status < 400) return redirected(asked, answer);
  if (status === 401) {
    const hint = `Set username and password, or token, of source ${asked.name} to what the server accepts.`;
    return new RestFault(fail('permission_denied', 'does not accept these credentials (401).', hint), {
      refused: true,
    });
  }
  if (status === 403) {
    const hint = 'Let this user see the application (spark.ui.view.acls, spark.history.ui.admin.acls), or use another.';
    return new RestFault(fail('permission_denied', `refuses ${label(asked.path)} (403).`, hint), { refused: true });
  }
  if (status === 404) return new RestFault(notFound(asked, answer, said));
  if (status === 407) {
    const hint = 'Put user and password of the proxy into its address: http://USER:PASSWORD@HOST:PORT.';
    return new RestFault(fail('permission_denied', 'is behind a proxy that wants credentials (407).', hint));
  }
  if (status === 429) {
    const waitMs = retryAfterMs(answer.retryAfter, now);
    const hint = `Ask less at once, or again ${waitMs === null ? 'later' : `in ${Math.ceil(waitMs / 1000)} s`}.`;
    const error = fail('resource_exhausted', 'answers that it was asked too often (429).', hint);
    return new RestFault(error, { again: true, waitMs });
  }
  if (status >= 500 && status !== 501) {
    const again = status === 502 || status === 503 || status === 504;
    const hint = 'Look into the log of that server, and ask again later.';
    const error = fail('unavailable', `failed at ${label(asked.path)} (${status}).`, hint);
    return new RestFault(error, { again, waitMs: again ? retryAfterMs(answer.retryAfter, now) : null });
  }
  const hint = `Check that ${label(asked.base)} is the address of a Spark History Server or of a running application's UI.`;
  return new RestFault(fail('failed_precondition', `does not answer ${label(asked.path)} (${status}).`, hint));
}

function notFound(asked: Asked, answer: BadAnswer, said: string): HeadgateError {
  if (isSparkNotFound(answer)) {
    return new HeadgateError('not_found', `${start(asked)} has no ${label(asked.path)}.${said}`, {
      hint: 'list_applications shows what it has. A History Server that was just started may still be reading its logs.',
      details: { status: 404 },
    });
  }
  return new HeadgateError('failed_precondition', `${start(asked)} has no Spark REST API there (404).${said}`, {
    hint: `The address must be the one before /api/v1, with the path that a proxy puts before it. Try ${label(`${asked.base}/api/v1/version`)}.`,
    details: { status: 404 },
  });
}

/** Spark says what it does not know, in plain text: `unknown app: …`, `no such app`, `unknown stage: …`, `HTTP 404 Not Found`. */
function isSparkNotFound({ contentType, text }: BadAnswer): boolean {
  return (
    !isWebPage(contentType, text) &&
    /\bunknown\b|\bno such\b|not found|no tasks|no thread dump|does not exist/i.test(text)
  );
}

function redirected(asked: Asked, { status, location }: BadAnswer): RestFault {
  const where = location === null ? 'nowhere' : label(withoutQuery(location));
  const error = new HeadgateError(
    'permission_denied',
    `${start(asked)} sends its callers to ${where} (${status}): a login page, or another server.`,
    {
      hint: `Set the credentials that it wants, or the address that it sends to as url of source ${asked.name}.`,
      details: { status },
    },
  );
  return new RestFault(error, { refused: true });
}

/** A web page instead of data. */
export function webPageFault(asked: Asked): RestFault {
  const error = new HeadgateError(
    'failed_precondition',
    `${start(asked)} answers ${label(asked.path)} with a web page, not with data: a login page, or no Spark server.`,
    {
      hint: `Set the credentials of source ${asked.name}, or correct its address: it is the one before /api/v1.`,
    },
  );
  return new RestFault(error, { refused: true });
}

/** An answer that is not what Spark sends. `why` says at which place, in our words. */
export function garbageFault(asked: Asked, why: string): RestFault {
  const error = new HeadgateError(
    'failed_precondition',
    `${start(asked)} answers ${label(asked.path)} with something else than Spark does: ${why}.`,
    { hint: 'Check that the address is that of a Spark History Server (2.4 or later) or of a running application.' },
  );
  return new RestFault(error);
}

/** An answer that ended before its end. */
export function cutFault(asked: Asked, why: string, cause?: unknown): RestFault {
  const error = new HeadgateError('unavailable', `${start(asked)} cut its answer to ${label(asked.path)}: ${why}.`, {
    hint: 'Ask again; if it happens each time, look for a proxy with a size or time limit before that server.',
    cause,
  });
  return new RestFault(error, { again: true });
}

/** An answer larger than what is taken. */
export function tooLargeFault(asked: Asked, limitBytes: number): RestFault {
  const error = new HeadgateError(
    'resource_exhausted',
    `${start(asked)} answers ${label(asked.path)} with more than ${limitBytes} bytes.`,
    { hint: 'Read the event logs from where they are: a source with path or s3 has no such limit.' },
  );
  return new RestFault(error);
}

/** The fault that an error of the connection means; null for what is none. */
export function faultOfConnection(asked: Asked, cause: unknown): RestFault | null {
  const code = codeOf(cause);
  if (code === null) return null;
  const known = CONNECTION_FAULTS.find(({ codes }) => codes.test(code));
  if (known === undefined) return null;
  const { kind, what, hint, again = false } = known;
  return new RestFault(
    new HeadgateError(kind, `${start(asked)} ${what(asked)} (${code}).`, { hint: hint(asked), cause }),
    { again },
  );
}

interface ConnectionFault {
  readonly codes: RegExp;
  readonly kind: HeadgateError['code'];
  readonly what: (asked: Asked) => string;
  readonly hint: (asked: Asked) => string;
  readonly again?: boolean;
}

const seconds = ({ timeoutMs }: Asked): string => `${timeoutMs / 1000} s`;

const CONNECTION_FAULTS: readonly ConnectionFault[] = [
  {
    codes: /^UND_ERR_(HEADERS|BODY)_TIMEOUT$/,
    kind: 'deadline_exceeded',
    what: (asked) => `stayed silent for ${seconds(asked)} when it was asked for ${label(asked.path)}`,
    hint: ({ name }) =>
      `A History Server reads a large log when it is first asked about it: ask again, or raise timeout_s of source ${name}.`,
  },
  {
    codes: /^(UND_ERR_CONNECT_TIMEOUT|ETIMEDOUT)$/,
    kind: 'unavailable',
    what: () => 'does not take connections: the attempt timed out',
    hint: () => 'Check host and port, and whether a firewall or a proxy stands between.',
  },
  {
    codes: /^ECONNREFUSED$/,
    kind: 'unavailable',
    what: () => 'refuses connections: nothing listens there',
    hint: () =>
      'Start the server, or correct host and port. The UI of an application is gone when the application has ended.',
  },
  {
    codes: /^(ENOTFOUND|EAI_AGAIN|EAI_NODATA|EAI_NONAME)$/,
    kind: 'unavailable',
    what: () => 'cannot be found: its host name means nothing here',
    hint: () => 'Correct the host name, or use a network, a VPN or a proxy from which it is known.',
  },
  {
    codes: /^(EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL)$/,
    kind: 'unavailable',
    what: () => 'cannot be reached from this machine',
    hint: () => 'Check the network, the VPN and the proxy settings.',
  },
  {
    codes: /^ERR_TLS_CERT_ALTNAME_INVALID$/,
    kind: 'failed_precondition',
    what: () => 'presents the certificate of another host',
    hint: () => 'Use the host name that its certificate names, or correct the address: this may be another server.',
  },
  {
    codes: /^CERT_HAS_EXPIRED$/,
    kind: 'failed_precondition',
    what: () => 'presents a certificate that has expired',
    hint: () => 'Have the certificate of that server renewed, and check the clock of this machine.',
  },
  {
    codes: /^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_|CERT_|ERR_TLS_CERT)/,
    kind: 'failed_precondition',
    what: () => 'presents a certificate that nobody known here has signed',
    hint: ({ name }) =>
      `Set ca of source ${name} to a PEM file of the authority that signed it; verify: false takes any certificate, and anybody's.`,
  },
  {
    codes: /^(EPROTO|ERR_SSL_|ERR_TLS_)/,
    kind: 'failed_precondition',
    what: () => 'does not speak TLS as it should',
    hint: () => 'Check that the port is that of https; where the server has no TLS, begin the address with http://.',
  },
  {
    codes: /^HPE_/,
    kind: 'failed_precondition',
    what: () => 'answers with something that is no HTTP',
    hint: () => 'Check host and port, and begin the address with https:// where the server has TLS.',
  },
  {
    codes: /^(UND_ERR_PRX_TLS|UND_ERR_ABORTED|ERR_PROXY)/,
    kind: 'unavailable',
    what: () => 'cannot be reached through the proxy',
    hint: ({ name }) => `Check proxy of source ${name}, or HTTPS_PROXY and NO_PROXY.`,
  },
  {
    codes:
      /^(ECONNRESET|EPIPE|UND_ERR_SOCKET|UND_ERR_CLOSED|ERR_STREAM_PREMATURE_CLOSE|UND_ERR_RES_CONTENT_LENGTH_MISMATCH|UND_ERR_RESPONSE)/,
    kind: 'unavailable',
    what: (asked) => `broke the connection while it was asked for ${label(asked.path)}`,
    hint: () => 'Ask again; if it happens each time, look into the log of that server and of proxies before it.',
    again: true,
  },
];

function codeOf(error: unknown): string | null {
  for (let one = error, depth = 0; one instanceof Error && depth < 5; one = one.cause, depth++) {
    const { code } = one as NodeJS.ErrnoException;
    if (typeof code === 'string') return code;
    if (one.name === 'HTTPParserError') return 'HPE_INVALID';
    if (one instanceof AggregateError && one.errors[0] instanceof Error) return codeOf(one.errors[0]);
    if (/^Proxy response \(\d+\)/.test(one.message)) return 'ERR_PROXY';
  }
  return null;
}

/** The first line of what the server said, quoted; nothing for web pages. */
function saidBy({ contentType, text }: BadAnswer): string {
  const line = firstLine(text);
  return line === '' || isWebPage(contentType, text) ? '' : ` It says ${quoteLogLine(line, QUOTED_CHARS)}`;
}

/** Seconds, or a date. Null where there is none or it means nothing. */
function retryAfterMs(value: string | null, now: number): number | null {
  if (value === null) return null;
  const waitMs = /^\d{1,9}$/.test(value.trim()) ? Number(value) * 1000 : Date.parse(value) - now;
  return Number.isFinite(waitMs) ? Math.max(0, waitMs) : null;
}

/** Queries of login pages carry tokens. */
function withoutQuery(location: string): string {
  return location.replace(/[?#].*$/s, '').replace(/\/\/[^/@]*@/, '//');
}
