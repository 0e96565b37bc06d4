import { type EnvoyVersion, HAS } from './envoy-features.ts';
import { extension, FILTERS, typed } from './extension.ts';

type Json = Record<string, unknown>;

const TYPE = 'extensions.filters.http.stateful_session.v3.StatefulSession';
const SESSION_HEADER = 'mcp-session-id';
/** What MCP 2025-11-25 has for a session that is no longer there: the client initializes again. */
const SESSION_GONE = 404;

/** Keeps sessions at their replicas, unless a route switches it off. Without support for it nothing is kept. */
export function sessionFilter(version: EnvoyVersion): Json {
  return extension(FILTERS.session, TYPE, HAS.envelope(version) ? envelope(version) : {});
}

/** No sessions, for a route. */
export function noSession(): Json {
  return typed(`${TYPE}PerRoute`, { disabled: true });
}

/**
 * The replica's address is put around the session id that the replica gives out, and taken off again: no state is kept in Envoy, and
 * requests without a session id are balanced. A replica that is gone is an error, never another replica.
 */
function envelope(version: EnvoyVersion): Json {
  return {
    session_state: extension(
      'envoy.http.stateful_session.envelope',
      'extensions.http.stateful_session.envelope.v3.EnvelopeSessionState',
      {
        header: { name: SESSION_HEADER },
      },
    ),
    strict: true,
    ...(HAS.sessionStatus(version) ? { status_on_strict_destination_not_found: SESSION_GONE } : {}),
  };
}
