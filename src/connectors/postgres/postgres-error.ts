import { type ErrorCode, HeadgateError } from '../../kernel/errors.ts';
import { quote } from '../../kernel/quote.ts';

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

/** What pg says, without a code, of connections that broke or did not come about. */
const LOST = /^(?:Connection terminated|Client has encountered a connection error|Client was closed|Cannot use a pool)/;
const LATE =
  /^(?:timeout exceeded when trying to connect|Connection terminated due to connection timeout|timeout expired)/;
/** Codes of OpenSSL and Node for certificates that are not trusted or are for another host. */
const CERTIFICATE =
  /^(?:DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_|CERT_|ERR_TLS_CERT_|ERR_SSL_)/;
const SQL_STATE = /^[0-9A-Z]{5}$/;

/** Fields of an error of the server, as pg hands them out. */
interface ServerError {
  readonly code?: string;
  readonly message?: string;
  readonly detail?: string;
  readonly hint?: string;
  /** Character of the statement, from 1. */
  readonly position?: string;
  readonly schema?: string;
  readonly table?: string;
  readonly column?: string;
  readonly constraint?: string;
  readonly dataType?: string;
}

/** What was going on when an error came. */
export interface FailurePlace {
  /** Name of the database in the configuration. */
  readonly database: string;
  /** Aborted: what failed was cancelled by the caller. */
  readonly signal?: AbortSignal | undefined;
}

/** What an SQLSTATE means to a caller. */
interface Meaning {
  readonly code: ErrorCode;
  readonly hint?: string;
}

/** By SQLSTATE, where its class does not say enough. https://www.postgresql.org/docs/current/errcodes-appendix.html */
const BY_STATE: Readonly<Record<string, Meaning>> = {
  '08P01': { code: 'invalid_argument', hint: 'Give one value for each of $1, $2 … of the statement.' },
  '25001': { code: 'invalid_argument', hint: 'This command runs outside of transactions only: use psql.' },
  '25006': { code: 'permission_denied', hint: 'Reads change nothing: use execute_dml to change rows.' },
  '25P02': { code: 'aborted', hint: 'Run it again.' },
  '25P03': { code: 'aborted', hint: 'The transaction was idle for too long: run it again.' },
  '3D000': { code: 'not_found', hint: 'Create the database, or correct its name in the configuration.' },
  '3F000': { code: 'not_found', hint: 'list_tables shows the schemas that there are.' },
  '42501': { code: 'permission_denied', hint: 'Its owner can GRANT the right to the role that is configured.' },
  '42703': { code: 'not_found', hint: 'get_table_schema lists the columns of a table.' },
  '42704': { code: 'not_found', hint: 'Correct the name of the type or object.' },
  '42883': { code: 'not_found', hint: 'Correct the name or the types of the arguments; add casts where needed.' },
  '42P01': {
    code: 'not_found',
    hint: 'list_tables lists the tables; name the schema when it is not on the search path.',
  },
  '42P07': { code: 'failed_precondition', hint: 'Choose another name.' },
  '42701': { code: 'failed_precondition', hint: 'Choose another name.' },
  '42710': { code: 'failed_precondition', hint: 'Choose another name.' },
  '42939': { code: 'invalid_argument', hint: 'That name is reserved.' },
  '42P18': { code: 'invalid_argument', hint: 'Cast the parameter: $1::integer.' },
  '42P08': { code: 'invalid_argument', hint: 'Cast the parameter: $1::integer.' },
  '53100': {
    code: 'resource_exhausted',
    hint: 'The disk of the database is full: nothing was changed. Free space on it.',
  },
  '53300': {
    code: 'unavailable',
    hint: 'Lower pool_max in the configuration, or raise max_connections of the server.',
  },
  '54001': { code: 'invalid_argument', hint: 'Write a simpler statement.' },
  '54011': { code: 'invalid_argument', hint: 'PostgreSQL returns at most 1,664 columns: name the ones you need.' },
  '55000': { code: 'failed_precondition' },
  '55006': { code: 'failed_precondition', hint: 'Somebody else uses it: list_active_queries shows who.' },
  '55P03': {
    code: 'aborted',
    hint: 'Somebody else holds the lock: list_active_queries shows who. Run it again later.',
  },
  '57014': {
    code: 'deadline_exceeded',
    hint: 'Ask for less: filter, aggregate, or look at explain_query; statement_timeout_s in the configuration is the limit.',
  },
  '0A000': { code: 'invalid_argument', hint: 'This server does not do that.' },
};

/** By class of the SQLSTATE. */
const BY_CLASS: Readonly<Record<string, Meaning>> = {
  '03': { code: 'failed_precondition' },
  '08': { code: 'unavailable', hint: 'Check the server and the network to it; Headgate connects again by itself.' },
  '20': { code: 'invalid_argument' },
  '21': { code: 'invalid_argument', hint: 'A subquery gave more rows than fit there.' },
  '22': { code: 'invalid_argument', hint: 'Correct the value, or cast it.' },
  '23': { code: 'failed_precondition', hint: 'The row breaks a constraint of the table; get_table_schema lists them.' },
  '25': { code: 'failed_precondition' },
  '26': { code: 'aborted', hint: 'Run it again.' },
  '27': { code: 'failed_precondition' },
  '28': {
    code: 'permission_denied',
    hint: 'Correct user and password in the configuration, or pg_hba.conf of the server.',
  },
  '2B': { code: 'failed_precondition', hint: 'Other objects depend on it: CASCADE drops them too.' },
  '2F': { code: 'failed_precondition' },
  '34': { code: 'failed_precondition', hint: 'Run the query again from its start.' },
  '38': { code: 'failed_precondition' },
  '39': { code: 'failed_precondition' },
  '40': { code: 'aborted', hint: 'It met another transaction and was undone: run it again.' },
  '42': { code: 'invalid_argument', hint: 'Correct the statement.' },
  '44': { code: 'failed_precondition', hint: 'The row is outside of what the view shows.' },
  '53': { code: 'resource_exhausted', hint: 'The log of the database server says more.' },
  '54': { code: 'invalid_argument', hint: 'Write a smaller or simpler statement.' },
  '55': { code: 'failed_precondition' },
  '57': { code: 'unavailable', hint: 'The server is stopping or starting; Headgate connects again by itself.' },
  '58': { code: 'unavailable', hint: 'The log of the database server says more.' },
  F0: { code: 'unavailable', hint: 'The log of the database server says more.' },
  HV: { code: 'unavailable', hint: 'The server behind the foreign table failed.' },
  P0: { code: 'failed_precondition', hint: 'A function or trigger of the database refused it.' },
  XX: { code: 'unavailable', hint: 'The database server failed inside; its log says more.' },
};

/**
 * What PostgreSQL, pg or the network says, as an error that names the database and the next step. What the server says stands in
 * « », its SQLSTATE in `details.sql_state`. An error of none of these comes back as it is: that is a bug of ours.
 */
export function postgresFailure(error: unknown, place: FailurePlace): unknown {
  if (error instanceof HeadgateError) return error;
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
  if (place.signal?.aborted) return cancelled(error);
  if (typeof code === 'string' && SQL_STATE.test(code) && !UNREACHABLE.has(code)) {
    return serverFailure(error as ServerError, place);
  }
  return connectionFailure(
    error,
    typeof code === 'string' ? code : '',
    typeof message === 'string' ? message : '',
    place,
  );
}

/** The SQLSTATE of an error, of the server or ours; null when it has none. */
export function sqlStateOf(error: unknown): string | null {
  if (error instanceof HeadgateError) {
    const state = error.details?.sql_state;
    return typeof state === 'string' ? state : null;
  }
  const { code } = (error ?? {}) as { code?: unknown };
  return typeof code === 'string' && SQL_STATE.test(code) && !UNREACHABLE.has(code) ? code : null;
}

/** True when the connection cannot be used any more: it broke, or the server ended it. */
export function isConnectionLost(error: unknown): boolean {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
  if (typeof code === 'string' && (UNREACHABLE.has(code) || /^(?:57P0|08(?!P01)|25P03)/.test(code))) return true;
  return typeof message === 'string' && (LOST.test(message) || LATE.test(message));
}

function serverFailure(error: ServerError, { database }: FailurePlace): HeadgateError {
  const state = error.code ?? '';
  const meaning = BY_STATE[state] ?? BY_CLASS[state.slice(0, 2)] ?? { code: 'failed_precondition' };
  const position = Number(error.position);
  const names = {
    schema: error.schema,
    table: error.table,
    column: error.column,
    constraint: error.constraint,
    data_type: error.dataType,
  };
  const detail = error.detail === undefined ? {} : { detail: quote(error.detail) };
  const told = error.hint === undefined ? [] : [`PostgreSQL says: ${quote(error.hint)}`];
  const hint = [...(meaning.hint === undefined ? [] : [meaning.hint]), ...told].join(' ');
  return new HeadgateError(meaning.code, `PostgreSQL (${database}): ${quote(error.message ?? '')} (${state}).`, {
    ...(hint === '' ? {} : { hint }),
    details: {
      sql_state: state,
      ...(Number.isInteger(position) && position > 0 ? { position } : {}),
      ...detail,
      ...Object.fromEntries(Object.entries(names).filter(([, value]) => value !== undefined)),
    },
    cause: error,
  });
}

function connectionFailure(error: unknown, code: string, message: string, { database }: FailurePlace): unknown {
  const failed = (kind: ErrorCode, what: string, hint: string) =>
    new HeadgateError(kind, `The database ${database} ${what}.`, { hint, details: { database }, cause: error });
  if (LATE.test(message)) {
    return failed(
      'unavailable',
      'gave no connection in time',
      'Check the server and its load; pool_max is the limit of connections.',
    );
  }
  if (UNREACHABLE.has(code) || LOST.test(message)) {
    return failed('unavailable', 'cannot be reached', 'Check that the server runs; Headgate connects again by itself.');
  }
  if (CERTIFICATE.test(code)) {
    return failed(
      'failed_precondition',
      `has a certificate that is not trusted (${code})`,
      'Name the authority that signed it with sslrootcert=FILE in the address; its names must hold the host.',
    );
  }
  if (message.startsWith('SASL')) {
    return failed('permission_denied', 'wants a password, and there is none', 'Name one in the configuration.');
  }
  if (message.includes('does not support SSL connections')) {
    return failed(
      'failed_precondition',
      'does not offer TLS',
      'Switch TLS on there; where the network itself is trusted, add sslmode=disable to the address.',
    );
  }
  return error;
}

function cancelled(error: unknown): HeadgateError {
  const state = sqlStateOf(error);
  return new HeadgateError('cancelled', 'The call was cancelled by its caller; the statement was ended.', {
    ...(state === null ? {} : { details: { sql_state: state } }),
    cause: error,
  });
}
