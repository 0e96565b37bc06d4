import { CharStreams, Token } from 'antlr4ng';
import { SparkSqlLexer } from 'dt-sql-parser/dist/lib/spark/SparkSqlLexer.js';

/** A word, a name, a literal or a sign of a statement. */
export interface SqlToken {
  /** In upper case. */
  readonly word: string;
  readonly text: string;
  /** Its first and last character in the statement. */
  readonly start: number;
  readonly stop: number;
  /** A quoted name that looks like a path. */
  readonly isPath: boolean;
  readonly isKnown: boolean;
}

/** The tokens of a statement, without comments. What Spark's grammar does not know is among them, as such. */
export function tokensOf(sql: string): SqlToken[] {
  const lexer = new SparkSqlLexer(CharStreams.fromString(sql));
  lexer.removeErrorListeners();
  // The lexer counts characters, JavaScript counts halves of those outside of the first plane.
  const offsets = /[\ud800-\udbff]/.test(sql) ? offsetsOf(sql) : null;
  const tokens: SqlToken[] = [];
  for (let token = lexer.nextToken(); token.type !== Token.EOF; token = lexer.nextToken()) {
    if (token.channel !== Token.DEFAULT_CHANNEL) continue;
    const text = token.text ?? '';
    tokens.push({
      word: text.toUpperCase(),
      text,
      start: offsets === null ? token.start : (offsets[token.start] ?? 0),
      stop: offsets === null ? token.stop : (offsets[token.stop + 1] ?? sql.length) - 1,
      isPath: text.startsWith('`') && /[/:\\]/.test(text),
      isKnown: token.type !== SparkSqlLexer.UNRECOGNIZED,
    });
  }
  return tokens;
}

function offsetsOf(sql: string): number[] {
  const offsets: number[] = [];
  let at = 0;
  for (const character of sql) {
    offsets.push(at);
    at += character.length;
  }
  return [...offsets, at];
}
