/** Runs of letters, up to three digits, white space, single marks, anything else. Source: the split of o200k_base, simplified. */
const PIECES = /([A-Za-z]+)|(\d{1,3})|(\s+)|([!-~])|(\P{ASCII})/gu;

/** Letters of a word that one token holds at least, seen on paths, class names and base64. */
const LETTERS_A_TOKEN = 2.5;
/** Letters of a word that are one token in any case. */
const FREE_LETTERS = 4;
/** Tokens of one character beyond ASCII, at most: an emoji can take three. */
const TOKENS_BEYOND_ASCII = 3;

/** Tokens (o200k_base) that a text can cost, from above for text that occurs: what fits by this measure fits. Cost: one pass. */
export function tokensAtMost(text: string): number {
  let tokens = 0;
  for (const [piece, letters, digits, space, mark] of text.matchAll(PIECES)) {
    if (letters !== undefined) tokens += 1 + Math.max(0, piece.length - FREE_LETTERS) / LETTERS_A_TOKEN / 2;
    else if (digits !== undefined) tokens += 1;
    else if (space !== undefined) tokens += piece.length > 1 ? 1 : 0;
    else if (mark !== undefined) tokens += 0.6;
    else tokens += TOKENS_BEYOND_ASCII;
  }
  return Math.ceil(tokens);
}

/** Cut to a number of characters, the cut shown; a quotation that is open at the cut is closed. */
export function clip(text: string, chars: number): string {
  if (text.length <= chars) return text;
  const kept = `${text.slice(0, chars - 1)}…`;
  return kept.lastIndexOf('«') > kept.lastIndexOf('»') ? `${kept}»` : kept;
}
