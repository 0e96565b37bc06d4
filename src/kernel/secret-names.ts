/** Spark's own rule. Source: `spark.redaction.regex` of Spark 4.x, `(?i)secret|password|token|access[.]?key`. */
const SPARK_RULE = /secret|password|token|access[._-]?key/i;

/** Parts without which no name is a secret's: spares the rest of the work for nearly all names. */
const HINT = /pass|pwd|cred|key|sas|jwt|secret|token/i;

/** Words that end at each separator and at each hump of camelCase. */
const WORD_ENDS = /[^A-Za-z0-9]+|(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/;

/** Words that are secrets wherever they stand in a name: `pgpassword`, `sslPassphrase`, `PWD`. */
const SECRET_WORD = /(?:passw(?:or)?d|passphrase|passcode)|pwd$|^(?:pwd|credentials?|sas)$/;
/** Words that name a secret when they end a name. */
const SECRET_ENDING = /(?:secret|passw(?:or)?d|passphrase|passcode|pwd|token|credential)s?$|^(?:sas|jwt)$/;
/** `pass`, `dbpass`, `PGPASS`, but no word of the dictionary. */
const PASS = /(?<!^by|^com|^encom|^over|^sur|^tres|^under)pass$/;
/** Words before `pass` with which it is a round: `singlePass`. */
const ROUNDS = new Set(['single', 'multi', 'first', 'second', 'last', 'one', 'two', 'max', 'min', 'num', 'per']);

/** Kinds of `key` that open something. `partition key`, `record key`, `primary key` and `public key` are none. */
const KEY_KINDS =
  'access|account|aes|api|auth|cipher|consumer|crypto|decryption|encryption|gpg|hmac|jwt|keystore|licen[cs]e|master|pgp|private|rsa|secret|session|shared|signing|ssh|storage|subscription|symmetric|wrapping';
const SECRET_KEY = new RegExp(`(?:^|\\.)(?:${KEY_KINDS})\\.?keys?(?=\\.|$)`);

/** Last words of names that tell about a secret and do not hold it. */
const ABOUT = new Set(
  (
    'algorithm alias bitlength bits cache class classname count dir directory duration enable enabled expiration expiry ' +
    'factory fallback file format generator header host interval keystore length location max min mode name path period policy port ' +
    'provider providers ratio required scheme size store timeout ttl type uri url version wait'
  ).split(' '),
);
/** Names of Spark that end as a secret's do and hold the name of a mechanism. */
const HARMLESS = new Set(['spark.kerberos.renewal.credentials']);

function wordsOf(name: string): string[] {
  return name
    .replace(/^-D/, '')
    .split(WORD_ENDS)
    .filter((word) => word !== '')
    .map((word) => word.toLowerCase().replace(/(?<=[a-z])\d{1,3}$/, ''));
}

/**
 * True when a property of this name holds a secret: by Spark's own rule, and by the names that Hadoop, cloud and database
 * clients use for the same thing. Cost: linear in the name.
 */
export function isSecretKey(key: string): boolean {
  if (!HINT.test(key)) return false;
  const known = remembered.get(key);
  if (known !== undefined) return known;
  const secret = isSecretName(key);
  if (remembered.size >= REMEMBERED_NAMES) remembered.clear();
  if (key.length <= REMEMBERED_CHARS) remembered.set(key, secret);
  return secret;
}

/** Every run has the same names. */
const REMEMBERED_NAMES = 5_000;
const REMEMBERED_CHARS = 200;
const remembered = new Map<string, boolean>();

function isSecretName(key: string): boolean {
  if (SPARK_RULE.test(key)) return true;
  const words = wordsOf(key);
  if (ABOUT.has(words.at(-1) ?? '') || HARMLESS.has(key)) return false;
  return words.some((word) => SECRET_WORD.test(word)) || SECRET_KEY.test(words.join('.')) || endsAsSecret(words);
}

/** True when a name ends with the word for a secret, so that what follows it is the secret: `--db-pass`, `api key`. */
export function endsWithSecret(name: string): boolean {
  return HINT.test(name) && endsAsSecret(wordsOf(name));
}

function endsAsSecret(words: readonly string[]): boolean {
  const last = words.at(-1) ?? '';
  const before = words.at(-2) ?? '';
  if (PASS.test(last)) return !ROUNDS.has(before);
  return SECRET_ENDING.test(last) || (/keys?$/.test(last) && SECRET_KEY.test(`${before}.${last}`));
}
