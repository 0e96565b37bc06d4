/** What a `WWW-Authenticate: Bearer` header says (RFC 6750 §3, RFC 9728 §5.1). */
export interface Challenge {
  /** Absent when the request carried no token at all. */
  readonly error?: 'invalid_token' | 'insufficient_scope';
  /** Plain ASCII without quotes. */
  readonly description?: string;
  /** What a token needs for this request. */
  readonly scopes: readonly string[];
  readonly resourceMetadata: string;
}

/** The header's value. Quotes, backslashes and what is not printable ASCII are left out: they would end the quoted string. */
export function renderChallenge({ error, description, scopes, resourceMetadata }: Challenge): string {
  const parameters = {
    resource_metadata: resourceMetadata,
    error,
    error_description: description,
    scope: scopes.length === 0 ? undefined : scopes.join(' '),
  };
  const shown = Object.entries(parameters).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}="${value.replace(/[^\x20-\x7e]|["\\]/g, '')}"`],
  );
  return `Bearer ${shown.join(', ')}`;
}
