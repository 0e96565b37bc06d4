/** One quoted or commented stretch of SQL. */
const QUOTED =
  /--[^\n]*|\/\*[\s\S]*?\*\/|\b[eE]'(?:[^'\\]|\\[\s\S]|'')*'|'(?:[^']|'')*'|"(?:[^"]|"")*"|(\$[A-Za-z_\d]*\$)[\s\S]*?\1/g;

/**
 * SQL of the same length in which strings and comments are blanks and quoted names are the word `x`, or null when something
 * does not close: whoever judges by it must then take the worst.
 */
export function maskSql(sql: string): string | null {
  const masked = sql.replace(QUOTED, (stretch) => (stretch.startsWith('"') ? 'x' : ' ').padEnd(stretch.length));
  return /['"]|\/\*|\*\/|\$[A-Za-z_]*\$/.test(masked) ? null : masked;
}

/** Masked SQL of the same length in which everything inside of parentheses is blank, in lower case. */
export function outerSql(masked: string): string {
  let depth = 0;
  let outer = '';
  for (const char of masked) {
    if (char === ')') depth--;
    outer += depth === 0 && char !== ')' ? char : ' '.repeat(char.length);
    if (char === '(') depth++;
  }
  return outer.toLowerCase();
}

/** The words of a text that are names or keywords. */
export function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/[a-z_]\w*/g) ?? [];
}
