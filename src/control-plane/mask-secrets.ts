import { HeadgateError } from '../kernel/errors.ts';
import { REDACTED } from '../kernel/redaction.ts';
import { endsWithSecret } from '../kernel/secret-names.ts';

/** PEM of a key that must stay secret, wherever it stands. */
const PRIVATE_KEY = /-----BEGIN [A-Z ]*PRIVATE KEY-----/;

/** Fields of Envoy's `DataSource`: what stands in them below the name of a secret is the secret. */
const INLINE = new Set(['inline_string', 'inline_bytes', 'inlineString', 'inlineBytes']);

/** Fields of Envoy whose data sources hold secrets, though their names alone do not say so. */
const SECRET_FIELDS =
  /^(?:private_?key|pkcs12|password|generic_?secret|session_?ticket_?keys|keys|hmac_?secret|token_?secret)$/i;

/** Headers that prove who somebody is, and whose names do not say so. */
const CREDENTIAL_HEADERS = /^(?:(?:proxy-)?authorization|(?:set-)?cookie)$/i;

/** A value of a desired state as it may be shown: private keys, and texts under the names of secrets, are masked. */
export function masked(value: unknown, name = '', inSecret = false): unknown {
  if (typeof value === 'string') return isSecret(value, name, inSecret) ? REDACTED : value;
  if (Array.isArray(value)) return value.map((item) => masked(item, name, inSecret));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, inner]) => [
    key,
    masked(inner, key, inSecret || SECRET_FIELDS.test(name)),
  ]);
  return Object.fromEntries(entries);
}

/** The same of one field of a difference, which is named by its JSON pointer. */
export function maskedField(pointer: string, value: unknown): unknown {
  const names = pointer.split('/').slice(1);
  return masked(
    value,
    names.at(-1) ?? '',
    names.slice(0, -1).some((name) => SECRET_FIELDS.test(name)),
  );
}

/** Refuses what was read here and sent back: the mask would take the place of the secret. Errors: `invalid_argument`. */
export function refuseMask(value: unknown, path: string): void {
  if (value === REDACTED) {
    throw new HeadgateError('invalid_argument', `${path} is the mask that stands for a secret, not the secret.`, {
      hint: 'Name the secret by reference: a secret of kind `secrets`, from a file, a variable or a command.',
    });
  }
  if (typeof value !== 'object' || value === null) return;
  for (const [key, inner] of Object.entries(value)) refuseMask(inner, `${path}/${key}`);
}

function isSecret(text: string, name: string, inSecret: boolean): boolean {
  if (PRIVATE_KEY.test(text)) return true;
  if (INLINE.has(name)) return inSecret;
  return endsWithSecret(name) || CREDENTIAL_HEADERS.test(name);
}
