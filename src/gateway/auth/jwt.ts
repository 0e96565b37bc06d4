import type { JWTPayload, JWTVerifyGetKey } from 'jose';
import type { Scope } from '../../kernel/caller.ts';
import { HeadgateError } from '../../kernel/errors.ts';
import { type Identity, identityKey } from './identity.ts';
import { createIssuerKeys, type IssuerSettings } from './issuer-keys.ts';
import { refuseToken, type Verdict } from './verdict.ts';

/** Signatures that only the holder of a private key can make. `none` and the HS family are not among them. */
const ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];

/** What an access token may say that it is (RFC 9068 §2.1); most issuers write `JWT`, some write nothing. */
const TYPES: ReadonlySet<string> = new Set(['jwt', 'at+jwt', 'application/at+jwt']);

/** How far clocks may be apart. Seconds. */
const CLOCK_TOLERANCE_S = 30;

/** Longer subjects are none. */
const MAX_SUBJECT_LENGTH = 255;

/** What a tenant may be called: as in the configuration. */
const TENANT = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

const SCOPES: readonly Scope[] = ['read', 'write', 'admin'];

interface Issuer {
  readonly settings: IssuerSettings;
  readonly keys: JWTVerifyGetKey;
}

/**
 * Verifies JWTs of the configured issuers: signature by a key of the issuer, `iss`, `aud`, `exp`, `nbf`, `typ`, and an
 * algorithm of a key pair. Errors: `unavailable` when the issuer's keys cannot be had.
 */
export function createJwtVerifier(configured: readonly IssuerSettings[]): (token: string) => Promise<Verdict> {
  const keysOf = new Map<string, JWTVerifyGetKey>();
  const issuers = configured.map((settings): Issuer => {
    const place = JSON.stringify([settings.issuer, settings.jwksUrl, settings.ca]);
    const keys = keysOf.get(place) ?? createIssuerKeys(settings);
    keysOf.set(place, keys);
    return { settings, keys };
  });
  return async (token) => {
    const jose = await import('jose');
    const found = findIssuer(jose, token, issuers);
    if ('refused' in found) return found;
    const { settings, keys } = found;
    try {
      const { payload, protectedHeader } = await jose.jwtVerify(token, keys, {
        algorithms: ALGORITHMS,
        issuer: settings.issuer,
        audience: settings.audience,
        clockTolerance: CLOCK_TOLERANCE_S,
        requiredClaims: ['exp', 'sub'],
      });
      const { typ } = protectedHeader;
      if (typ !== undefined && !isAccessToken(typ)) return refuseToken('The token is no access token.');
      return identify(payload, settings);
    } catch (error) {
      if (error instanceof HeadgateError) throw error;
      return refuseToken(reasonOf(jose, error));
    }
  };
}

/** `typ` is what the issuer wrote there, of whatever type. */
function isAccessToken(typ: unknown): boolean {
  return typeof typ === 'string' && TYPES.has(typ.toLowerCase());
}

/** The configured issuer that the token names; of several entries of one issuer, that of its audience. Nothing is trusted yet. */
function findIssuer(
  jose: typeof import('jose'),
  token: string,
  issuers: readonly Issuer[],
): Issuer | Extract<Verdict, { refused: string }> {
  let claims: JWTPayload;
  try {
    claims = jose.decodeJwt(token);
  } catch {
    return refused('The token is not one that this gateway knows.');
  }
  const ofIssuer = issuers.filter(({ settings }) => settings.issuer === claims.iss);
  const audiences = [claims.aud ?? []].flat();
  const found = ofIssuer.find(({ settings }) => audiences.includes(settings.audience)) ?? ofIssuer[0];
  return found ?? refused('The token is of an issuer that this gateway does not trust.');
}

function refused(reason: string): Extract<Verdict, { refused: string }> {
  return { refused: 'invalid_token', reason };
}

function reasonOf({ errors }: typeof import('jose'), error: unknown): string {
  if (error instanceof errors.JWTExpired) return 'The token has expired.';
  if (error instanceof errors.JWTClaimValidationFailed) return claimReason(error.claim);
  if (error instanceof errors.JOSEAlgNotAllowed || error instanceof errors.JOSENotSupported) {
    return 'The token is signed in a way that is not accepted.';
  }
  if (error instanceof errors.JWKSNoMatchingKey) return 'The token is signed by a key that its issuer does not have.';
  if (error instanceof errors.JWKSMultipleMatchingKeys)
    return 'The token does not name its key, and its issuer has several.';
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'The signature of the token is wrong.';
  if (error instanceof errors.JOSEError) return 'The token is not a well-formed signed JWT.';
  throw error;
}

function claimReason(claim: string): string {
  switch (claim) {
    case 'aud':
      return 'The token is for another audience.';
    case 'nbf':
      return 'The token is not valid yet.';
    case 'exp':
      return 'The token does not say when it expires.';
    case 'sub':
      return 'The token does not say whose it is.';
    default:
      return 'A claim of the token is wrong.';
  }
}

function identify(payload: JWTPayload, settings: IssuerSettings): Verdict {
  const { sub, exp = 0 } = payload;
  if (typeof sub !== 'string' || sub === '' || sub.length > MAX_SUBJECT_LENGTH || /\p{Cc}/u.test(sub)) {
    return refuseToken('The token does not say whose it is.');
  }
  const tenant = settings.tenantClaim === null ? settings.tenant : claimAt(payload, settings.tenantClaim);
  if (typeof tenant !== 'string' || !TENANT.test(tenant))
    return refuseToken('The token does not say of which tenant it is.');
  const identity: Identity = {
    subject: sub,
    tenant,
    scopes: scopesIn(payload, settings),
    key: identityKey(settings.issuer, tenant, sub),
    wordOf: (scope) => wordOf(settings, scope),
    expiresAtMs: (exp + CLOCK_TOLERANCE_S) * 1_000,
  };
  return { identity };
}

/** Scopes of ours that the claim grants. Words that mean nothing here are left out. */
function scopesIn(payload: JWTPayload, { scopesClaim, scopes }: IssuerSettings): Set<Scope> {
  const claim = claimAt(payload, scopesClaim);
  const words = typeof claim === 'string' ? claim.split(/\s+/) : Array.isArray(claim) ? claim : [];
  const isMapped = Object.keys(scopes).length > 0;
  const meaning = (word: unknown): Scope | undefined => {
    if (typeof word !== 'string') return undefined;
    if (isMapped) return Object.hasOwn(scopes, word) ? scopes[word] : undefined;
    return SCOPES.find((scope) => scope === word);
  };
  return new Set(words.map(meaning).filter((scope) => scope !== undefined));
}

/** How an issuer spells a scope of ours. */
export function wordOf({ scopes }: IssuerSettings, scope: Scope): string {
  return Object.entries(scopes).find(([, ours]) => ours === scope)?.[0] ?? scope;
}

/** A claim by its name, else by the path that the dots in it make: Keycloak has `realm_access.roles`. */
function claimAt(payload: JWTPayload, name: string): unknown {
  if (Object.hasOwn(payload, name)) return payload[name];
  let value: unknown = payload;
  for (const part of name.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined;
    value = (value as Record<string, unknown>)[part];
  }
  return value;
}
