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
  const lexer = new SparkSqlLexer(CharStreams.fromString(withoutComments(sql.slice(0, LONGEST_SQL))));
  lexer.removeErrorListeners();
  let masked = '';
  for (let token = lexer.nextToken(); token.type !== Token.EOF; token = lexer.nextToken()) {
    if (token.type === SparkSqlLexer.UNRECOGNIZED) return masked + MASKED_LITERAL;
    masked += maskToken(token);
  }
  return sql.length > LONGEST_SQL ? masked + MASKED_LITERAL : masked;
}

function maskToken({ type, text }: Token): string {
  return LITERALS.has(type) ? MASKED_LITERAL : (text ?? '');
}

/** What is quoted, to its end or that of the text; a comment of one line; a hint; the begin of any other comment. */
const QUOTED_OR_COMMENT =
  /(?<!\w)r(?:'[^']*(?:'|$)|"[^"]*(?:"|$))|'(?:[^'\\]|\\[\s\S])*(?:'|\\?$)|"(?:[^"\\]|\\[\s\S])*(?:"|\\?$)|`[^`]*(?:`|$)|--[^\n]*(?:\n|$)|\/\*\+[^*/]{0,4096}\*\/|\/\*/gi;

/** SQL with its comments emptied. The lexer would take exponential time for comments in comments that never close. */
function withoutComments(sql: string): string {
  const pattern = new RegExp(QUOTED_OR_COMMENT);
  let kept = '';
  let from = 0;
  for (let found = pattern.exec(sql); found !== null; found = pattern.exec(sql)) {
    const [text] = found;
    const isLine = text.startsWith('--');
    if (!isLine && text !== '/*') continue;
    kept += sql.slice(from, found.index) + (text.endsWith('\n') ? '\n' : ' ');
    from = isLine ? pattern.lastIndex : endOfComment(sql, pattern.lastIndex);
    pattern.lastIndex = from;
  }
  return kept + sql.slice(from);
}

/** Where a comment ends whose begin was read: comments may hold comments. The end of the text when it never closes. */
function endOfComment(sql: string, start: number): number {
  const marks = /\/\*|\*\//g;
  marks.lastIndex = start;
  for (let depth = 1; depth > 0; ) {
    const mark = marks.exec(sql);
    if (mark === null) return sql.length;
    depth += mark[0] === '/*' ? 1 : -1;
  }
  return marks.lastIndex;
}
