import { z } from 'zod';
import { CountOrNone, ObjectName, Seconds, Text } from './fields.ts';
import { HeaderName } from './match.ts';

const HttpUrl = z
  .string()
  .max(2048)
  .regex(/^https?:\/\/[!-~]+$/, 'must be a URL with http or https');

/** Where the keys of an issuer are: fetched from a URL by way of a cluster, or given as a JWKS document. */
const Jwks = z.union([
  z.strictObject({
    url: HttpUrl,
    /** Cluster that the URL's host is reached by. */
    cluster: ObjectName,
    timeout_s: Seconds.default(5),
    cache_s: Seconds.default(600),
  }),
  z.strictObject({
    /** JWKS as text: public keys only. */
    inline: z
      .string()
      .max(65_536)
      .refine(isJwks, 'must be a JWKS of public keys: JSON with keys, of which each has a kty'),
  }),
]);

/** Envoy refuses a listener with any other. */
function isJwks(text: string): boolean {
  try {
    const { keys } = (JSON.parse(text) ?? {}) as { readonly keys?: unknown };
    return Array.isArray(keys) && keys.length > 0 && keys.every(isPublicKey);
  } catch {
    return false;
  }
}

/** A symmetric key, and one with its private part, would be stored and shown. */
function isPublicKey(key: unknown): boolean {
  const { kty, d } = (key ?? {}) as { readonly kty?: unknown; readonly d?: unknown };
  return typeof kty === 'string' && kty !== 'oct' && d === undefined;
}

/** Who signs tokens, and what is taken of them. */
export const JwtProvider = z.strictObject({
  issuer: Text,
  /** Any of them must be in the token; absent: not checked, which lets in tokens that were made for others. */
  audiences: z.array(Text).min(1, 'must have an audience').optional(),
  jwks: Jwks,
  /** Whether the token goes on to the upstream. */
  forward: z.boolean().default(true),
  /** Claims that go to the upstream as headers, by header; the client's own headers of these names are dropped. */
  claim_headers: z.record(HeaderName, Text).default({}),
  clock_skew_s: CountOrNone.default(60),
});
export type JwtProvider = z.infer<typeof JwtProvider>;

/** OAuth 2.0 Protected Resource Metadata (RFC 9728), as MCP clients look for it; answered by Envoy itself. */
export const ResourceMetadata = z.strictObject({
  /** The resource's own URL, as `https://mcp.example.com/mcp`. */
  resource: HttpUrl,
  authorization_servers: z.array(HttpUrl).min(1, 'must have an authorization server'),
  scopes_supported: z.array(Text).optional(),
  resource_name: Text.optional(),
});
export type ResourceMetadata = z.infer<typeof ResourceMetadata>;

/** JWT authentication of a listener; routes can switch it off. */
export const Jwt = z.strictObject({
  providers: z
    .record(ObjectName, JwtProvider)
    .refine((providers) => Object.keys(providers).length > 0, 'must have a provider'),
  /** False: requests without a token pass, those with a bad one do not. */
  required: z.boolean().default(true),
  resource_metadata: ResourceMetadata.optional(),
});
export type Jwt = z.infer<typeof Jwt>;
