import type { SqlToken } from './sql-tokens.ts';

/** Formats that Spark reads files of in the place of a table: ``text.`conf` `` is a folder below where the server was started. */
const FILE_FORMATS = new Set([
  'TEXT',
  'CSV',
  'JSON',
  'PARQUET',
  'ORC',
  'BINARYFILE',
  'AVRO',
  'XML',
  'DELTA',
  'ICEBERG',
]);
/** What a table stands directly behind. */
const BEFORE_TABLES = new Set(['FROM', 'JOIN', 'TABLE', 'DESC', 'DESCRIBE', 'EXTENDED', 'LATERAL', ',', '(']);
/** Clauses with tables, and those with none. */
const TABLE_CLAUSES = new Set(['FROM', 'JOIN', 'ON', 'TABLE', 'DESC', 'DESCRIBE']);
const OTHER_CLAUSES = new Set(['SELECT', 'WHERE', 'BY', 'HAVING', 'VALUES', 'SET']);

const nameOf = (text: string): string => (text.startsWith('`') ? text.slice(1, -1).replaceAll('``', '`') : text);

/** The files that a statement names in the place of tables. */
export function filesOf(tokens: readonly SqlToken[]): string[] {
  return tokens.filter((_token, index) => isFile(tokens, index)).map(({ text }) => nameOf(text));
}

/** A token that names a file: what looks like a path, and what stands behind a format in the place of a table. */
function isFile(tokens: readonly SqlToken[], index: number): boolean {
  if (tokens[index]?.isPath === true) return true;
  if (tokens[index - 1]?.word !== '.' || !FILE_FORMATS.has(nameOf(tokens[index - 2]?.word ?? ''))) return false;
  return (
    BEFORE_TABLES.has(tokens[index - 3]?.word ?? '') &&
    tokens[index + 1]?.word !== '.' &&
    TABLE_CLAUSES.has(clauseOf(tokens, index - 2))
  );
}

/** The clause that a token stands in: brackets that end before it are not looked into. */
function clauseOf(tokens: readonly SqlToken[], index: number): string {
  let closed = 0;
  for (const { word } of tokens.slice(0, index).reverse()) {
    if (word === ')') closed += 1;
    else if (word === '(') closed = Math.max(0, closed - 1);
    else if (closed === 0 && (TABLE_CLAUSES.has(word) || OTHER_CLAUSES.has(word))) return word;
  }
  return '';
}

/** Options of a table in a query, `WITH (key = value)`, win over the file that stands there, and over the settings of storages. */
export function hasOpenOptions(tokens: readonly SqlToken[]): boolean {
  return tokens.some(({ word }, index) => {
    if (word !== 'WITH' || tokens[index + 1]?.word !== '(') return false;
    const end = tokens.findIndex((token, at) => at > index && token.word === ')');
    return !tokens.slice(index + 2, end === -1 ? undefined : end).every(isPlainOption);
  });
}

/** A key in letters that names no file, or its value. */
function isPlainOption({ text }: SqlToken, index: number, options: readonly SqlToken[]): boolean {
  const before = options[index - 1]?.text;
  const isKey = before === undefined || before === ',';
  return isKey ? /^(?!.*(?:paths?|url|file)\W?$)(['"`]?)[a-z]+\1$/i.test(text) : text !== '.';
}
