/** What stands where a secret was. The same text as Spark's `Utils.redact`. */
export const REDACTED = '*********(redacted)';

/**
 * Keys whose values are secrets.
 * Source: `spark.redaction.regex` of Spark 4.x is `(?i)secret|password|token|access[.]?key`; the rest are names that
 * Hadoop, cloud and database clients use for the same thing.
 */
const SECRET_KEY =
  /secret|passw(?:or)?d|token|access[._-]?key|account[._-]?key|api[._-]?key|private[._-]?key|passphrase/i;

const SECRET_WORDS =
  '(?:secret|passw(?:or)?d|pwd|token|access[._-]?key|account[._-]?key|api[._-]?key|private[._-]?key|passphrase)';
const KEY_TAIL = '[\\w.-]{0,80}';
/** A value that is not masked yet: masking twice changes nothing. */
const VALUE = `(?!\\*{9}\\(redacted)(?:"[^"\\n]*"|'[^'\\n]*'|[^\\s,;&"'<>)\\]}]+)`;

/** `key=value`, as in Java options, JDBC URLs, command lines and query strings. */
const ASSIGNED = new RegExp(`(${SECRET_WORDS}${KEY_TAIL}["']?\\s?=\\s?)${VALUE}`, 'gi');
/** `"key": "value"`, as in JSON. */
const JSON_MEMBER = new RegExp(`(${SECRET_WORDS}${KEY_TAIL}["']\\s{0,4}:\\s{0,4})${VALUE}`, 'gi');
/** `--some-password value`, as on command lines. */
const FLAG = new RegExp(`((?<=^|\\s)--?[\\w.-]{0,60}?${SECRET_WORDS}${KEY_TAIL}\\s{1,4})(?![-=])${VALUE}`, 'gi');
/** `scheme://user:password@host`. The password may hold `@`; the last one before a slash or space ends it. */
const URL_PASSWORD = /(:\/\/[^\s/:@"'<>]{0,200}:)[^\s/"'<>]{1,300}@/g;
/** `Authorization: Basic …`, and bearer tokens anywhere. */
const AUTHORIZATION = /(authorization["']?\s{0,4}[:=]\s{0,4}["']?(?:basic|bearer)|\bbearer)\s+[\w.~+/=-]{12,}/gi;
/** Signatures of shared-access URLs (Azure `sig`, AWS `X-Amz-Signature`, Google `X-Goog-Signature`). */
const URL_SIGNATURE =
  /([?&;](?:sig|x-amz-signature|x-amz-credential|x-goog-signature|x-goog-credential)=)[^\s&"'<>]+/gi;
/** Tokens that are recognised by their own form: AWS key ids, GitHub, Databricks, Slack, JWT, PEM keys. */
const TOKEN_FORMS =
  /\b(?:(?:AKIA|ASIA)[0-9A-Z]{16}|gh[pousr]_[0-9A-Za-z]{30,}|github_pat_\w{30,}|dapi[0-9a-f]{32}(?:-\d)?|xox[abprs]-[\w-]{10,}|eyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]*)|-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----[^-]*(?:-----END [A-Z ]{0,30}PRIVATE KEY-----)?/g;

/** True when a property of this name holds a secret. */
export function isSecretKey(key: string): boolean {
  return SECRET_KEY.test(key);
}

/** Masks the secrets inside a text: assignments to secret names, passwords in URLs, well-known token forms. */
export function redactText(text: string): string {
  return text
    .replace(TOKEN_FORMS, REDACTED)
    .replace(AUTHORIZATION, `$1 ${REDACTED}`)
    .replace(URL_SIGNATURE, `$1${REDACTED}`)
    .replace(JSON_MEMBER, `$1${REDACTED}`)
    .replace(FLAG, `$1${REDACTED}`)
    .replace(ASSIGNED, `$1${REDACTED}`)
    .replace(URL_PASSWORD, `$1${REDACTED}@`);
}

/** The value of one property as it may leave the process. */
export function redactProperty(key: string, value: string): string {
  return isSecretKey(key) ? REDACTED : redactText(value);
}
