/** A part of SQL with placeholders. */
export type SqlPart =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'placeholder'; readonly name: string };

/** What reading SQL told without running it. */
export interface SqlText {
  readonly parts: readonly SqlPart[];
  /** Every name that stands in it, quoted or not, in the order of its first use. */
  readonly words: ReadonlySet<string>;
  /** Unqualified names of tables that it reads, without those that it defines by `with`. */
  readonly tables: ReadonlySet<string>;
  /** What is wrong with it whatever engine runs it, a clause each. */
  readonly problems: readonly string[];
}

interface Token {
  readonly kind: 'word' | 'placeholder' | 'literal' | 'comment' | 'mark';
  readonly text: string;
}

const TOKEN =
  /(?<literal>'(?:[^']|'')*'|\$([A-Za-z_]\w*|)\$[\s\S]*?\$\2\$)|(?<comment>--[^\n]*|\/\*[\s\S]*?\*\/)|\{\{\s*(?<placeholder>[\w.]*)\s*\}\}|(?<word>[A-Za-z_][\w$]*|"(?:[^"]|"")+"|`[^`]+`)|(?<mark>\s+|[\s\S])/g;
const PLACEHOLDER = /\{\{/;
/** Functions whose arguments are written with FROM. */
const FROM_INSIDE = new Set(['extract', 'substring', 'trim', 'overlay', 'position']);
/** Words that stand after FROM or JOIN and are no table. */
const NO_TABLE = new Set(['lateral', 'only', 'unnest', 'values', 'select', 'table', 'stream']);
/** Words that end the list of tables after FROM. */
const ENDS_FROM = new Set(
  'where group having order limit union intersect except window qualify fetch offset for on using select'.split(' '),
);

/** Reads SQL of any of the engines: placeholders, names, tables. It checks no grammar. */
export function readSql(source: string): SqlText {
  const tokens = tokensOf(source);
  const problems: string[] = [];
  for (const { kind, text } of tokens) {
    if (kind === 'comment' && PLACEHOLDER.test(text)) problems.push('a placeholder stands in a comment');
    if (kind === 'literal' && PLACEHOLDER.test(text)) {
      problems.push('a placeholder stands in quotes: leave the quotes out, values are bound');
    }
  }
  const meaning = tokens.filter(({ kind, text }) => kind !== 'comment' && text.trim() !== '');
  while (meaning.at(-1)?.text === ';') meaning.pop();
  if (meaning.some(({ text }) => text === ';')) problems.push('it is more than one statement');
  if (meaning.length === 0) problems.push('it is empty');
  const words = new Set(meaning.filter(({ kind }) => kind === 'word').map(({ text }) => nameOf(text)));
  return { parts: partsOf(tokens), words, tables: tablesOf(meaning), problems };
}

function tokensOf(source: string): Token[] {
  return [...source.matchAll(TOKEN)].map(({ 0: text, groups = {} }) => {
    if (groups.placeholder !== undefined) return { kind: 'placeholder', text: groups.placeholder };
    for (const kind of ['literal', 'comment', 'word'] as const) if (groups[kind] !== undefined) return { kind, text };
    return { kind: 'mark', text };
  });
}

function partsOf(tokens: readonly Token[]): SqlPart[] {
  const parts: SqlPart[] = [];
  let text = '';
  for (const token of tokens) {
    if (token.kind !== 'placeholder') {
      text += token.text;
      continue;
    }
    parts.push({ kind: 'text', text }, { kind: 'placeholder', name: token.text });
    text = '';
  }
  // A statement stands in others as a subquery: it ends without its semicolon, and a comment at its end with its line.
  parts.push({ kind: 'text', text: `${text.replace(/;\s*$/, '')}${text.includes('--') ? '\n' : ''}` });
  return parts;
}

/** A name without its quotes. */
function nameOf(text: string): string {
  const quotes = text[0];
  return quotes === '"' || quotes === '`' ? text.slice(1, -1).replaceAll('""', '"') : text;
}

function tablesOf(tokens: readonly Token[]): Set<string> {
  const defined = definedNames(tokens);
  const tables = new Set<string>();
  /** For each open parenthesis: whether a list of tables goes on after a comma there. */
  const open: Array<{ listing: boolean; inFunction: boolean }> = [{ listing: false, inFunction: false }];
  tokens.forEach((token, index) => {
    const level = open.at(-1) ?? { listing: false, inFunction: false };
    const before = tokens[index - 1];
    if (token.text === '(') open.push({ listing: false, inFunction: FROM_INSIDE.has(lower(before)) });
    else if (token.text === ')') open.pop();
    else if (begins(token, before, level)) level.listing = lower(token) === 'from' || level.listing;
    else if (ENDS_FROM.has(lower(token))) level.listing = false;
    if (!startsItem(tokens, index, level)) return;
    const name = nameOf(token.text);
    if (!defined.has(name.toLowerCase())) tables.add(name);
  });
  return tables;
}

const lower = (token: Token | undefined) => (token?.kind === 'word' ? token.text.toLowerCase() : '');

function begins(token: Token, before: Token | undefined, level: { inFunction: boolean }): boolean {
  const word = lower(token);
  return word === 'join' || (word === 'from' && !level.inFunction && lower(before) !== 'distinct');
}

/** True at a name that is a whole item of a list of tables: no schema before it, no function. */
function startsItem(
  tokens: readonly Token[],
  index: number,
  level: { listing: boolean; inFunction: boolean },
): boolean {
  const token = tokens[index];
  const before = tokens[index - 1];
  if (token?.kind !== 'word' || before === undefined || NO_TABLE.has(lower(token))) return false;
  const listed = before.text === ',' && level.listing;
  if (!listed && !begins(before, tokens[index - 2], level)) return false;
  const after = tokens[index + 1]?.text;
  return after !== '.' && after !== '(';
}

/** Names that `with` defines: `name as (`, `name (columns) as (`. */
function definedNames(tokens: readonly Token[]): Set<string> {
  const names = new Set<string>();
  tokens.forEach((token, index) => {
    if (lower(token) !== 'as' || !opensQuery(tokens, index + 1)) return;
    const at = tokens[index - 1]?.text === ')' ? openingOf(tokens, index - 1) - 1 : index - 1;
    const name = tokens[at];
    if (name?.kind === 'word') names.add(nameOf(name.text).toLowerCase());
  });
  return names;
}

function opensQuery(tokens: readonly Token[], index: number): boolean {
  let at = index;
  while (['not', 'materialized'].includes(lower(tokens[at]))) at += 1;
  return tokens[at]?.text === '(';
}

function openingOf(tokens: readonly Token[], closing: number): number {
  let depth = 0;
  for (let at = closing; at >= 0; at -= 1) {
    if (tokens[at]?.text === ')') depth += 1;
    if (tokens[at]?.text === '(') depth -= 1;
    if (depth === 0) return at;
  }
  return -1;
}
