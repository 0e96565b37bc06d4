/** Runs of letters, up to three digits, white space, single marks, anything else. Source: the split of o200k_base, simplified. */
const PIECES = /([A-Za-z]+)|(\d{1,3})|(\s+)|([!-~])|(\P{ASCII})/gu;

/** Letters that one token holds at least in a word, beyond its first ones, and in text that is no word (hashes, base64). */
const LETTERS_A_TOKEN = 5;
const NOISE_LETTERS_A_TOKEN = 1.4;
/** Letters of a word that are one token. */
const FREE_LETTERS = 4;
/** Longest run of letters that can be a word: compound class names reach about thirty. */
const LONGEST_WORD = 30;
/** Tokens of one character beyond ASCII, at most: an emoji can take three. */
const TOKENS_BEYOND_ASCII = 3;

/** Tokens (o200k_base) that a text can cost, from above for text that occurs: what fits by this measure fits. Cost: one pass. */
export function tokensAtMost(text: string): number {
  let tokens = 0;
  for (const [piece, letters, digits, space, mark] of text.matchAll(PIECES)) {
    if (letters !== undefined) tokens += costOfLetters(letters);
    else if (digits !== undefined) tokens += 1;
    else if (space !== undefined) tokens += piece.length > 1 ? 1 : 0;
    else if (mark !== undefined) tokens += 0.6;
    else tokens += TOKENS_BEYOND_ASCII;
  }
  return Math.ceil(tokens);
}

function costOfLetters(letters: string): number {
  const isWord = letters.length <= LONGEST_WORD && (letters.length <= FREE_LETTERS || /[aeiouy]/i.test(letters));
  return isWord
    ? 1 + Math.max(0, letters.length - FREE_LETTERS) / LETTERS_A_TOKEN
    : letters.length / NOISE_LETTERS_A_TOKEN;
}

/** Cut to a number of characters, the cut shown; a quotation that is open at the cut is closed. */
export function clip(text: string, chars: number): string {
  if (text.length <= chars) return text;
  const kept = `${text.slice(0, chars - 1)}…`;
  return kept.lastIndexOf('«') > kept.lastIndexOf('»') ? `${kept}»` : kept;
}
