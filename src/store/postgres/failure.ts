import { BrokenCircuitError } from 'cockatiel';
import { HeadgateError } from '../../kernel/errors.ts';

/** Codes of Node's sockets and name lookup. */
const UNREACHABLE = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ETIMEDOUT',
  'ENOENT',
]);

/** What pg says, without a code, of connections that broke or did not come about, and of a server that fell silent. */
const LOST =
  /^(?:Connection terminated|Client has encountered a connection error|Postgres connection has been discarded)/;
const LATE =
  /^(?:timeout exceeded when trying to connect|Connection terminated due to connection timeout|timeout expired)/;

const SILENT = /^(?:Query read timeout|Connection terminated due to connection timeout|timeout expired)/;

/** Codes of OpenSSL and Node for certificates that are not trusted or are for another host. */
const CERTIFICATE =
  /^(?:DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_|CERT_|ERR_TLS_CERT_|ERR_SSL_)/;

/** True when a connection broke under a query that was not at fault: a new connection may work. */
export function isConnectionLost(error: unknown): boolean {
  const { code, message } = error as { code?: unknown; message?: unknown };
  if (code === 'ECONNRESET' || code === 'EPIPE' || code === '57P01' || code === '57P02') return true;
  return typeof message === 'string' && LOST.test(message) && !LATE.test(message);
}

/** True when the server kept us waiting until we gave up: trying again at once would wait as long. A full pool is not the server's silence. */
export function isSilent(error: unknown): boolean {
  const { message } = error as { message?: unknown };
  return typeof message === 'string' && SILENT.test(message);
}

/**
 * What PostgreSQL, pg or the network says, as an error that names the database and the next step.
 * SQLSTATE codes: https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
export function postgresFailure(error: unknown, address: string): unknown {
  if (error instanceof HeadgateError) return error;
  const { code, message } = error as { code?: unknown; message?: unknown };
  const text = typeof message === 'string' ? message : '';
  if (error instanceof BrokenCircuitError) return silent(address);
  const known = typeof code === 'string' ? byCode(code, address) : byText(text, address);
  if (known === null) return error;
  return new HeadgateError(known.code, known.message, { hint: known.hint, cause: error });
}

function silent(address: string): HeadgateError {
  return new HeadgateError(
    'unavailable',
    `The store ${address} did not answer lately; it is asked again in a few seconds.`,
    {
      hint: 'Check the server and the network to it.',
    },
  );
}

interface Meaning {
  readonly code: ConstructorParameters<typeof HeadgateError>[0];
  readonly message: string;
  readonly hint: string;
}

function byText(text: string, address: string): Meaning | null {
  if (LATE.test(text)) {
    return {
      code: 'unavailable',
      message: `The store ${address} gave no connection in time.`,
      hint: 'Check the server and its load; pool_max_size and connect_timeout in the address are the limits.',
    };
  }
  if (LOST.test(text)) return unreachable(address);
  if (text.startsWith('Query read timeout')) return slow(address);
  if (text.includes('does not support SSL connections')) {
    return {
      code: 'failed_precondition',
      message: `The store ${address} does not offer TLS.`,
      hint: 'Switch TLS on there; where the network itself is trusted, add sslmode=disable to the address.',
    };
  }
  return null;
}

function byCode(code: string, address: string): Meaning | null {
  if (UNREACHABLE.has(code)) return unreachable(address);
  if (CERTIFICATE.test(code)) {
    return {
      code: 'failed_precondition',
      message: `The certificate of the store ${address} is not trusted (${code}).`,
      hint: 'Name the authority that signed it with sslrootcert=FILE in the address; its names must hold the host.',
    };
  }
  const exact = EXACT[code];
  if (exact !== undefined) return exact(address);
  return BY_CLASS[code.slice(0, 2)]?.(address) ?? null;
}

const EXACT: Readonly<Record<string, (address: string) => Meaning>> = {
  '53100': (address) => ({
    code: 'resource_exhausted',
    message: `There is no space left for the store ${address}.`,
    hint: 'Free space on the disk of the database.',
  }),
  '53300': (address) => ({
    code: 'unavailable',
    message: `The store ${address} takes no more connections.`,
    hint: 'Lower pool_max_size in the address, or raise max_connections of the server.',
  }),
  '57014': slow,
  '55P03': slow,
  '25006': (address) => ({
    code: 'unavailable',
    message: `The store ${address} is read-only now.`,
    hint: 'It may be a standby: name the primary in the address.',
  }),
  '3D000': (address) => ({
    code: 'failed_precondition',
    message: `The database of ${address} does not exist.`,
    hint: 'Create it, or name another one in HEADGATE_DATABASE_URL.',
  }),
  '42501': (address) => ({
    code: 'permission_denied',
    message: `The role of the store ${address} lacks a right.`,
    hint: 'headgate check names what is missing.',
  }),
  '42P01': changed,
  '42703': changed,
  '3F000': changed,
};

const BY_CLASS: Readonly<Record<string, (address: string) => Meaning>> = {
  '08': unreachable,
  '57': unreachable,
  '28': (address) => ({
    code: 'permission_denied',
    message: `The store ${address} does not accept this user and password.`,
    hint: 'Correct user and password in HEADGATE_DATABASE_URL, or the server’s pg_hba.conf.',
  }),
  '53': (address) => ({
    code: 'resource_exhausted',
    message: `The store ${address} is out of resources.`,
    hint: 'Look at the log of the database server.',
  }),
  '58': (address) => ({
    code: 'unavailable',
    message: `The system under the store ${address} failed.`,
    hint: 'Look at the log of the database server.',
  }),
  '40': (address) => ({
    code: 'aborted',
    message: `The store ${address} ended a transaction that met another one.`,
    hint: 'Try again.',
  }),
};

function unreachable(address: string): Meaning {
  return {
    code: 'unavailable',
    message: `The store ${address} cannot be reached.`,
    hint: 'Check that the server runs and can be reached from here; Headgate connects again by itself.',
  };
}

function slow(address: string): Meaning {
  return {
    code: 'deadline_exceeded',
    message: `The store ${address} took longer than it may.`,
    hint: 'Check its load and locks; statement_timeout in the address is the limit, in milliseconds.',
  };
}

function changed(address: string): Meaning {
  return {
    code: 'failed_precondition',
    message: `The store ${address} no longer has the tables that it had.`,
    hint: 'Start Headgate again when the database is restored.',
  };
}
