import { isIP } from 'node:net';
import { HeadgateError } from '../kernel/errors.ts';

/** What a connection string says, with PySpark's defaults. */
export interface Remote {
  /** Name or address, without brackets. */
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
  readonly token: string | null;
  readonly userId: string | null;
  readonly userAgent: string | null;
  readonly sessionId: string | null;
  /** Parameters that Spark Connect does not know: they travel as request headers. */
  readonly headers: Readonly<Record<string, string>>;
  /** `sc://host:port`, without anything that identifies somebody. */
  readonly address: string;
}

/** The port of Spark Connect servers. */
const DEFAULT_PORT = 15_002;
const FORM = /^sc:\/\/(\[[0-9a-fA-F:.]+\]|[^[\]:/;?#@\s]+)(?::(\d{1,5}))?(?:\/(?:;(.*))?)?$/s;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
/** What HTTP/2 allows as the name of a header; those of gRPC itself and binary ones are none of ours. */
const HEADER_NAME = /^(?!grpc-)[a-z0-9_.-]+(?<!-bin)$/;
/** Settings of PySpark's own channel, which mean nothing here. */
const OF_PYSPARK = /^grpc_keepalive_/;
const HINT = 'Write it as PySpark does: sc://host:15002/;token=…;use_ssl=true;user_id=…';

/**
 * Reads `sc://host:port/;key=value;…`. A token makes the connection use TLS, as in PySpark; to this machine alone it may
 * travel without. Errors: `invalid_argument`, without the string itself, which may hold a token.
 */
export function parseRemote(remote: string, token?: string): Remote {
  const match = FORM.exec(remote.trim());
  if (match === null) throw malformed('it is not of the form sc://host:port/;key=value');
  const [, written = '', digits, parameters = ''] = match;
  const host = written.replace(/^\[|\]$/g, '');
  if (written.startsWith('[') && isIP(host) !== 6) throw malformed('the address in brackets is not IPv6');
  const port = parsePort(digits);
  const { use_ssl, token: own, user_id, user_agent, session_id, ...rest } = parseParameters(parameters);
  const secret = token ?? own ?? null;
  if (session_id !== undefined && !UUID.test(session_id)) throw malformed('session_id is not a UUID');
  return {
    host,
    port,
    tls: useTls(use_ssl, secret, host),
    token: secret,
    userId: user_id ?? null,
    userAgent: user_agent ?? null,
    sessionId: session_id?.toLowerCase() ?? null,
    headers: headersOf(rest),
    address: `sc://${host.includes(':') ? `[${host}]` : host}:${port}`,
  };
}

/** Whether a host is this machine. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

function parsePort(digits: string | undefined): number {
  const port = digits === undefined ? DEFAULT_PORT : Number(digits);
  if (port < 1 || port > 65_535) throw malformed('the port is not between 1 and 65535');
  return port;
}

function useTls(useSsl: string | undefined, token: string | null, host: string): boolean {
  const asked = useSsl?.toLowerCase();
  if (asked !== undefined && asked !== 'true' && asked !== 'false')
    throw malformed('use_ssl is neither true nor false');
  if (token === null || asked === 'true') return asked === 'true';
  if (isLoopback(host)) return false;
  if (asked === 'false') throw malformed('a token is sent over TLS alone, and use_ssl is false');
  return true;
}

function parseParameters(text: string): Partial<Record<string, string>> {
  const parameters: Record<string, string> = {};
  for (const part of text.split(';')) {
    if (part === '') continue;
    const equals = part.indexOf('=');
    if (equals < 1) throw malformed('a parameter is not of the form key=value');
    parameters[part.slice(0, equals)] = decode(part.slice(equals + 1));
  }
  return parameters;
}

function decode(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch (error) {
    throw malformed('a parameter is not percent-encoded UTF-8', error);
  }
}

function headersOf(parameters: Partial<Record<string, string>>): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [key, value] of Object.entries(parameters)) {
    if (OF_PYSPARK.test(key)) continue;
    const name = key.toLowerCase();
    if (!HEADER_NAME.test(name)) throw malformed('a parameter has a name that cannot be a request header');
    if (!/^[\x20-\x7e]*$/.test(value ?? '')) throw malformed('a parameter has a value that cannot be a request header');
    headers[name] = value ?? '';
  }
  return headers;
}

function malformed(what: string, cause?: unknown): HeadgateError {
  return new HeadgateError('invalid_argument', `The Spark Connect address cannot be used: ${what}.`, {
    hint: HINT,
    cause,
  });
}
