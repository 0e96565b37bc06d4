import type { Cors } from '../../desired-state/cors.ts';
import { typed } from './extension.ts';
import { stringMatch } from './value-match.ts';

type Json = Record<string, unknown>;
const TYPE = 'extensions.filters.http.cors.v3.CorsPolicy';

/** Which pages may call, for a route or all of them. */
export function corsPolicy({ origins, methods, headers, expose, max_age_s: maxAge, credentials }: Cors): Json {
  return typed(TYPE, {
    allow_origin_string_match: origins.map((origin) =>
      origin === '*' ? { safe_regex: { regex: '.*' } } : (stringMatch(origin) ?? { safe_regex: { regex: '.*' } }),
    ),
    allow_methods: methods.join(', '),
    allow_headers: headers.join(', '),
    expose_headers: expose.join(', '),
    max_age: String(maxAge),
    allow_credentials: credentials,
  });
}

/** No page may call. */
export function noCors(): Json {
  return typed(TYPE);
}
