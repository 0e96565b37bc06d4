import { CharStreams, Token } from 'antlr4ng';
import { SparkSqlLexer } from 'dt-sql-parser/dist/lib/spark/SparkSqlLexer.js';

/** What stands where a literal was. */
export const MASKED_LITERAL = '?';

/** Tokens that hold a value, or text that nobody parses. */
const LITERALS: ReadonlySet<number> = new Set([
  SparkSqlLexer.STRING_LITERAL,
  SparkSqlLexer.DOUBLEQUOTED_STRING,
  SparkSqlLexer.BIGINT_LITERAL,
  SparkSqlLexer.SMALLINT_LITERAL,
  SparkSqlLexer.TINYINT_LITERAL,
  SparkSqlLexer.INTEGER_VALUE,
  SparkSqlLexer.EXPONENT_VALUE,
  SparkSqlLexer.DECIMAL_VALUE,
  SparkSqlLexer.FLOAT_LITERAL,
  SparkSqlLexer.DOUBLE_LITERAL,
  SparkSqlLexer.BIGDECIMAL_LITERAL,
]);
const COMMENTS: ReadonlySet<number> = new Set([SparkSqlLexer.LINE_COMMENT, SparkSqlLexer.BRACKETED_COMMENT]);

/** The short form of a call site: `collect at /jobs/orders.py:12`. It stands where SQL would, and holds no literal. */
const CALL_SITE = /^[\w$.<>]{1,64} at [\w./$@+<>-]{1,200}:\d{1,7}$/;

/** Characters of SQL that are looked at, a second's work; the rest goes. */
const LONGEST_SQL = 256 * 1024;

/**
 * SQL with its string and number literals masked and its comments emptied. What is no SQL loses its numbers and its quoted
 * text; from a character on that the lexer of Spark SQL does not know, such as a quote that never closes, everything goes, and so does what
 * is longer than 256 Ki characters.
 */
export function maskSqlLiterals(sql: string): string {
  if (CALL_SITE.test(sql)) return sql;
  const lexer = new SparkSqlLexer(CharStreams.fromString(sql.slice(0, LONGEST_SQL)));
  lexer.removeErrorListeners();
  let masked = '';
  for (let token = lexer.nextToken(); token.type !== Token.EOF; token = lexer.nextToken()) {
    if (token.type === SparkSqlLexer.UNRECOGNIZED) return masked + MASKED_LITERAL;
    masked += maskToken(token);
  }
  return sql.length > LONGEST_SQL ? masked + MASKED_LITERAL : masked;
}

function maskToken({ type, text }: Token): string {
  if (LITERALS.has(type)) return MASKED_LITERAL;
  if (COMMENTS.has(type)) return (text ?? '').endsWith('\n') ? '--\n' : ' ';
  return text ?? '';
}
