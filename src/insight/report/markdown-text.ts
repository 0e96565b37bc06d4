/** What Markdown reads as markup wherever it stands, and `$`, which GitHub and GitLab read as mathematics. */
const ACTIVE = /[\\`*_[\]<>|~$]/g;
/** What makes a heading, list, quotation or rule when a line begins with it. */
const FIRST = /^(?:[-+#>=]|\d+(?=[.)]))/;
/** What reorders or hides text, and what ends a line. */
const HIDDEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu;
/** U+2060: takes no room, and parts what a platform would read as one word. */
const WORD_JOINER = '\u2060';

/**
 * Text of a log as Markdown that shows it as it is, on one line: it makes no markup and no HTML. Platforms look for mentions,
 * references to issues and addresses in what is rendered, where no escape helps: a joiner without width parts those.
 */
export function escapeMarkdown(text: string): string {
  return text
    .replace(HIDDEN, ' ')
    .trim()
    .replace(/&/g, '&amp;')
    .replace(ACTIVE, '\\$&')
    .replace(FIRST, (first) => (/\d/.test(first) ? first + WORD_JOINER : `\\${first}`))
    .replace(/[@#!](?=\w)|:(?=\/\/)|\bwww(?=\.)/gi, `$&${WORD_JOINER}`);
}

/** A block of code that its text cannot end. */
export function fenced(text: string, language: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}${language}\n${text}\n${fence}`;
}
