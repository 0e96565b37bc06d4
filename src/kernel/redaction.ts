import { endsWithSecret, isSecretKey } from './secret-names.ts';

export { isSecretKey } from './secret-names.ts';

/** What stands where a secret was. The same text as Spark's `Utils.redact`. */
export const REDACTED = '*********(redacted)';

/** Not masked yet: masking twice changes nothing. */
const UNMASKED = '(?!\\*{9}\\(redacted)';
/** A value of a command line: quoted, or up to the next white space. */
const ARGUMENT = `${UNMASKED}(?:"[^"\\n]{1,300}"?|'[^'\\n]{1,300}'?|[^\\s"']+)`;

/**
 * A name and what stands between it and its value: `name=`, `"name": `, `name => `, `--name `, `name '`, `("name", "`, `<name>`.
 * Starts only where a name does, so each character is looked at once.
 */
const NAMED =
  /(?<![\w.$-])((?:(?:access|account|api|auth|encryption|private|secret|session|shared|signing) )?[\w.$-]+)((?:\\?["'`])?\s{0,3}(?:={1,2}>?|:=?|%3[Dd])\s{0,3}|["'`](?:,\s{0,3}|\s{1,4})(?=["'`])|>\s{0,3}|\s{1,4})/g;

const TYPE_OR_CONSTANT =
  /^(?:(?:true|false|null|string|binary|boolean|tinyint|smallint|int|integer|bigint|long|float|double|date|timestamp)(?=[\s,;&"'<>)\]}]|$)|(?:decimal|varchar|char)\(|(?:array|map|struct)<)/i;
/** Characters that no word of a sentence has in this mixture. */
const RANDOM = /^\\?["'`]?(?=\D{0,200}\d)[\w+/=~-]{16,}(?:[\s,;&"'`<>)\]}\\]|$)/;
/** Characters of a value that decide whether it is a secret. */
const HEAD_CHARS = 256;

/** `scheme://user:password@host`. The password may hold `@`; the last one before a slash or space ends it. */
const URL_PASSWORD = new RegExp(`(://[^\\s/:@"'<>]{0,200}:)${UNMASKED}[^\\s/"'<>]{1,300}@`, 'g');
/** The same with a slash in the password; digits before the slash are a port. */
const URL_PASSWORD_SLASH = new RegExp(
  `(://[^\\s/:@"'<>]{0,200}:)${UNMASKED}(?!\\d{1,5}[/?#,;])[^\\s"'<>,;]{1,300}@`,
  'g',
);
/** `jdbc:oracle:thin:user/password@host`. */
const ORACLE_URL = new RegExp(`(jdbc:oracle:\\w{1,10}:[^\\s/@:]{1,100}/)${UNMASKED}[^\\s<>]{1,300}@`, 'gi');
/** `sqlplus user/password@host`. */
const ORACLE_COMMAND = new RegExp(
  `(\\b(?:sqlplus|sqlldr|expdp|impdp|rman)\\s(?:-\\S{1,20}\\s){0,5}[^\\s/@-][^\\s/@]{0,100}/)${UNMASKED}[^\\s@]+`,
  'gi',
);
/** Commands that take a password after a flag of one letter: `mysql -pPW`, `redis-cli -a PW`, `curl -uU:PW`. */
const COMMANDS = [
  `\\b(?:mysql|mariadb)\\w{0,10}\\s(?:[^\\n|;]{0,200}?\\s)?-p`,
  `\\b(?:mongo\\w{0,10}|sshpass|beeline|(?:docker|podman|helm|az)\\s[^\\n|;]{0,40}?login)\\s(?:[^\\n|;]{0,200}?\\s)?-p\\s?`,
  `\\bredis-cli\\s(?:[^\\n|;]{0,200}?\\s)?-a\\s`,
  `\\bldap\\w{1,10}\\s(?:[^\\n|;]{0,200}?\\s)?-w\\s?`,
  `\\b(?:sqlcmd|bcp)\\s(?:[^\\n|;]{0,200}?\\s)?-P\\s?`,
].map((command) => new RegExp(`(${command})${ARGUMENT}`, 'g'));
/** `-u user:password`, `--user user:password`, `--proxy-user "user:password"`. */
const USER_FLAG = new RegExp(
  `((?:(?<![\\w-])(?:-[uU]\\s{1,3}|--(?:proxy-)?user[\\s=]{1,3})|\\bcurl\\s(?:[^\\n|;]{0,200}?\\s)?-[uU])["']?[^\\s:"']{1,100}:)${UNMASKED}(?!//)[^\\s"']+`,
  'g',
);
/** `IDENTIFIED BY 'password'` of SQL. */
const IDENTIFIED_BY = new RegExp(`(\\bidentified\\s{1,3}by\\s{1,3})${UNMASKED}(?:"[^"\\n]*"?|'[^'\\n]*'?)`, 'gi');
/** Accounts of SQL with a password without quotes: `CREATE USER name PASSWORD x`, `ALTER USER name IDENTIFIED BY x`. */
const ACCOUNT = new RegExp(
  `(\\b(?:create|alter)\\s{1,3}(?:user|role|login)\\s[^;\\n]{0,300}?\\b(?:password|identified\\s{1,3}by)\\s{1,3})${UNMASKED}(?!=|(?:null|expire|password|by|values|history|reuse|require|default|never)\\b)[^\\s;,)"']+`,
  'gi',
);
/** `SET PASSWORD FOR name = PASSWORD('x')`. */
const SET_PASSWORD = new RegExp(
  `(\\bset\\s{1,3}password\\s[^;\\n=]{0,200}=\\s{0,3}(?:password\\s{0,3}\\(\\s{0,3})?)${UNMASKED}(?:"[^"\\n]*"?|'[^'\\n]*'?)`,
  'gi',
);
/** `Authorization: <scheme> …`. */
const AUTHORIZATION =
  /(authorization\\?["']?\s{0,4}[:=]\s{0,4}\\?["']?(?:basic|bearer|token|digest|negotiate|apikey|aws|sharedkey(?:lite)?)\s{1,4})(?!\*{9}\(redacted)[^\s"'\\,;]+/gi;
/** Credentials of HTTP without their header. */
const SCHEME = /(\b(?:basic|bearer)\s{1,4})([\w.~+/-]{4,}={0,2})/gi;
/** `Signature=` of signed URLs and headers, `sig=` of shared-access URLs. */
const SIGNATURE_NAME = /(?:^|[^a-z])(?:signature|sig)$/i;

/** Addresses that are a secret: whoever has them can post. */
const WEBHOOK =
  /((?:hooks\.slack\.com\/(?:services|workflows|triggers)|discord(?:app)?\.com\/api\/webhooks|webhook\.office\.com\/\w{1,20})\/)(?!\*{9}\(redacted)[^\s"'<>]+/gi;
/** Tokens that are recognised by their own form. A form whose match can fail late starts only where a word starts. */
const TOKEN_FORMS = [
  /(?<![A-Za-z0-9])(?:AKIA|ASIA|ABIA|ACCA)[0-9A-Z]{16}/g,
  /(?<![A-Za-z0-9])(?:gh[pousr]_[0-9A-Za-z]{16,}|github_pat_\w{20,}|gl[a-z]{2,6}-[\w-]{16,}|hf_[0-9A-Za-z]{16,}|npm_[0-9A-Za-z]{30,}|pypi-[\w-]{30,})/g,
  /(?<![A-Za-z0-9])(?:[rs]k_(?:live|test)_[0-9A-Za-z]{8,}|whsec_[\w+/]{16,}|sk-[\w-]{20,}|AIza[\w-]{30,}|ya29\.[\w-]{16,}|hv[sb]\.[\w-]{20,})/g,
  /(?<![A-Za-z0-9])(?:xox[a-z]-[\w-]{8,}|xapp-[\w-]{10,}|dapi[0-9a-f]{32}(?:-\d)?|dkea[0-9a-f]{32}|dop_v1_[0-9a-f]{32,}|shp[a-z]{2}_[0-9a-f]{16,})/g,
  /(?<![\w-])eyJ[\w-]{10,}(?:\.[\w-]*){2,4}/g,
  /(?<![\w-])SG\.[\w-]{16,}\.[\w-]{16,}/g,
];
const PRIVATE_KEY = /-----BEGIN [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?-----/g;
const PRIVATE_KEY_END = /-----END [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?-----/g;

/**
 * Masks the secrets inside a text: values of secret names, passwords in URLs and command lines, HTTP credentials, signatures,
 * private keys and well-known forms of tokens. Cost: linear in the text.
 */
export function redactText(text: string): string {
  if (text.length > REMEMBERED_CHARS) return maskSecrets(text);
  const known = remembered.get(text);
  if (known !== undefined) return known;
  const masked = maskSecrets(text);
  if (remembered.size >= REMEMBERED_TEXTS) remembered.clear();
  remembered.set(text, masked);
  return masked;
}

/** Results come from the same names, settings and call sites over and over: half the time of a warm call. At most 10 MB. */
const REMEMBERED_CHARS = 1000;
const REMEMBERED_TEXTS = 10_000;
const remembered = new Map<string, string>();

function maskSecrets(text: string): string {
  let masked = maskPrivateKeys(text).replace(WEBHOOK, `$1${REDACTED}`);
  for (const form of TOKEN_FORMS) masked = masked.replace(form, REDACTED);
  masked = masked
    .replace(AUTHORIZATION, `$1${REDACTED}`)
    .replace(SCHEME, (all, scheme: string, value: string) => (isCredential(scheme, value) ? scheme + REDACTED : all))
    .replace(IDENTIFIED_BY, `$1${REDACTED}`)
    .replace(ACCOUNT, `$1${REDACTED}`)
    .replace(SET_PASSWORD, `$1${REDACTED}`);
  masked = maskNamed(masked);
  for (const form of [...COMMANDS, USER_FLAG, ORACLE_COMMAND]) masked = masked.replace(form, `$1${REDACTED}`);
  for (const form of [ORACLE_URL, URL_PASSWORD, URL_PASSWORD_SLASH]) masked = masked.replace(form, `$1${REDACTED}@`);
  return masked;
}

/** The value of one property as it may leave the process. */
export function redactProperty(key: string, value: string): string {
  return isSecretKey(key) ? REDACTED : redactText(value);
}

/** Private keys in PEM. One without an end takes the rest of the text with it. */
function maskPrivateKeys(text: string): string {
  let masked = '';
  let from = 0;
  const begin = new RegExp(PRIVATE_KEY);
  const end = new RegExp(PRIVATE_KEY_END);
  for (let found = begin.exec(text); found !== null; found = begin.exec(text)) {
    end.lastIndex = begin.lastIndex;
    masked += text.slice(from, found.index) + REDACTED;
    from = end.exec(text) === null ? text.length : end.lastIndex;
    begin.lastIndex = from;
  }
  return masked + text.slice(from);
}

/** Values that follow the name of a secret. Each value is consumed once, so the cost is linear. */
function maskNamed(text: string): string {
  let masked = '';
  let from = 0;
  const named = new RegExp(NAMED);
  for (let found = named.exec(text); found !== null; found = named.exec(text)) {
    const [all, name = '', separator = ''] = found;
    const start = found.index + all.length;
    if (!mayNameSecret(name, separator) || /^["'`\\]{0,2}\*{9}\(redacted/.test(text.slice(start, start + 24))) continue;
    const before = text.slice(Math.max(0, found.index - 2), found.index);
    if (!isSecretValue({ name, separator, before, head: text.slice(start, start + HEAD_CHARS) })) continue;
    const end = endOfValue(text, start, name.startsWith('-'));
    if (end === start) continue;
    masked += text.slice(from, start) + REDACTED;
    from = end;
    named.lastIndex = end;
  }
  return masked + text.slice(from);
}

function mayNameSecret(name: string, separator: string): boolean {
  if (!isAssignment(separator)) return endsWithSecret(name);
  return isSecretKey(name) || SIGNATURE_NAME.test(name.slice(-20));
}

const isAssignment = (separator: string): boolean => /[=%]/.test(separator);

interface NamedValue {
  readonly name: string;
  readonly separator: string;
  /** The characters before the name. */
  readonly before: string;
  /** The start of the value. */
  readonly head: string;
}

/** Whether what follows a secret's name is the secret, not prose, a type or a constant. */
function isSecretValue({ name, separator, before, head }: NamedValue): boolean {
  const isFlag = name.startsWith('-');
  if (isAssignment(separator)) return isFlag || !TYPE_OR_CONSTANT.test(head);
  if (separator.startsWith('>')) return before.endsWith('<');
  if (separator.includes(',')) return isFlag || before.includes('(');
  if (separator.includes(':')) return !TYPE_OR_CONSTANT.test(head) && (/["']/.test(separator) || isNoProse(name, head));
  if (isFlag) return !/^[-=]/.test(head);
  return /^["'`]/.test(head) && isNoProse(name, head);
}

/** In a sentence, `token` and `credentials` name other things too: there the value has to look like one. */
function isNoProse(name: string, head: string): boolean {
  return !/^(?:tokens?|credentials?)$/i.test(name) || RANDOM.test(head);
}

const CLOSING: Readonly<Record<string, string>> = { '"': '"', "'": "'", '`': '`', '{': '}', '[': ']' };
const UNQUOTED = /[^\s,;&"'<>)\]}]*/y;
const UNQUOTED_ARGUMENT = /[^\s"']*/y;

/** Where a value that starts at `start` ends: behind its closing mark, without one at the end of the line. */
function endOfValue(text: string, start: number, isArgument: boolean): number {
  if (text[start] === '\\' && /["']/.test(text[start + 1] ?? '')) {
    const close = text.indexOf(text.slice(start, start + 2), start + 2);
    return close === -1 ? endOfLine(text, start) : close + 2;
  }
  const closing = CLOSING[text[start] ?? ''];
  if (closing !== undefined) return endOfQuoted(text, start + 1, closing);
  const bare = new RegExp(isArgument ? UNQUOTED_ARGUMENT : UNQUOTED);
  bare.lastIndex = start;
  bare.test(text);
  return Math.max(start, bare.lastIndex);
}

function endOfQuoted(text: string, start: number, closing: string): number {
  for (let at = start; at < text.length && text[at] !== '\n'; at += 1) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === closing && closing === '}' && text[at + 1] === '}') at += 1;
    else if (text[at] === closing) return at + 1;
  }
  return endOfLine(text, start);
}

function endOfLine(text: string, start: number): number {
  const end = text.indexOf('\n', start);
  return end === -1 ? text.length : end;
}

/** Basic credentials decode to `user:password`; a bearer token is long or has a digit. */
function isCredential(scheme: string, value: string): boolean {
  if (/^bearer/i.test(scheme)) return value.length >= 24 || (value.length >= 6 && /\d/.test(value));
  return /^[\x20-\x7e]*:[\x20-\x7e]*$/.test(Buffer.from(value, 'base64').toString('latin1'));
}
