/**
 * Tokens (o200k_base) of a text, from above and without a tokenizer.
 *
 * The text is split as the encoding's own pattern splits it: runs of letters that end where a capital follows a small
 * one, up to three digits, runs of punctuation, white space. Each piece is charged by its length; long runs of short
 * pieces, as base64 and hashes have them, are charged as random text. The charges are measured on results of this
 * gateway (paths, hex, base64, digits, table JSON, log text) by estimate-tokens.test.ts.
 * Cost: one pass, about 10 ns a character.
 */
export function estimateTokens(text: string): number {
  let tokens = 0;
  let at = 0;
  const run: Run = { length: 0, pieces: 0, asWords: 0, asRandom: 0 };
  while (at < text.length) {
    const kind = kindOf(text.charCodeAt(at));
    const end = endOfPiece(text, at, kind);
    const charge = chargeOf(text, at, end, kind);
    if (kind <= DIGIT) addPiece(run, end - at, charge, kind);
    else tokens += charge + endRun(run);
    at = end;
  }
  return Math.ceil(tokens + endRun(run));
}

/** Letters and digits without anything between them, and what they cost if they are words or random. */
interface Run {
  length: number;
  pieces: number;
  asWords: number;
  asRandom: number;
}

/** Shorter runs are too short to tell random text from a name. In characters. */
const MIN_RANDOM_LENGTH = 12;

/** Random text changes between capitals, small letters and digits more often; camel case does every six characters. */
const MAX_RANDOM_PIECE_LENGTH = 4.5;

function addPiece(run: Run, length: number, charge: number, kind: number): void {
  run.length += length;
  run.pieces += 1;
  run.asWords += charge;
  run.asRandom += kind === DIGIT ? charge : chargeOfRandom(length);
}

/** The charge of a run that is over; the next one begins empty. */
function endRun(run: Run): number {
  const { length, pieces, asWords, asRandom } = run;
  run.length = run.pieces = run.asWords = run.asRandom = 0;
  const random = length >= MIN_RANDOM_LENGTH && length < pieces * MAX_RANDOM_PIECE_LENGTH;
  return random ? Math.max(asWords, asRandom) : asWords;
}

/** Measured on base64 of random bytes: 1, 1.19, 1.97, 2.39, 2.95, 3.49 tokens for one to six letters. */
function chargeOfRandom(length: number): number {
  if (length <= 2) return length === 1 ? 1 : 1.22;
  return 0.38 + length * 0.545;
}

const UPPER = 0;
const LOWER = 1;
const DIGIT = 2;
const SPACE = 3;
const PUNCTUATION = 4;
const OTHER = 5;

const ASCII_KINDS = Uint8Array.from({ length: 128 }, (_, code) => asciiKind(code));

/** Letters that words have often and random text seldom. */
const VOWELS: ReadonlySet<number> = new Set(Array.from('aeiouyAEIOUY', (letter) => letter.charCodeAt(0)));

function asciiKind(code: number): number {
  if (code >= 97 && code <= 122) return LOWER;
  if (code >= 65 && code <= 90) return UPPER;
  if (code >= 48 && code <= 57) return DIGIT;
  return code <= 32 ? SPACE : PUNCTUATION;
}

function kindOf(code: number): number {
  return code < 128 ? (ASCII_KINDS[code] ?? OTHER) : OTHER;
}

function endOfPiece(text: string, start: number, kind: number): number {
  const limit = kind === DIGIT ? Math.min(text.length, start + 3) : text.length;
  let end = start + 1;
  while (end < limit && kindOf(text.charCodeAt(end)) === kind) end++;
  if (kind === UPPER) while (end < limit && kindOf(text.charCodeAt(end)) === LOWER) end++;
  return end;
}

function chargeOf(text: string, start: number, end: number, kind: number): number {
  const length = end - start;
  switch (kind) {
    case UPPER:
    case LOWER:
      return chargeOfLetters(text, start, end);
    case DIGIT:
      return 1;
    case SPACE:
      return chargeOfSpace(text, end, length);
    case PUNCTUATION:
      return chargeOfPunctuation(text, end, length);
    default:
      return chargeOfOthers(text, start, end);
  }
}

/** Words cost a token for about six letters; letters without vowels (base64, hashes) a token for less than two. */
function chargeOfLetters(text: string, start: number, end: number): number {
  const length = end - start;
  if (length <= 2) return 1;
  let vowels = 0;
  for (let at = start; at < end; at++) if (VOWELS.has(text.charCodeAt(at))) vowels++;
  if (vowels * 4 < length) return length / 1.7;
  return length <= 6 ? 1 : 1 + (length - 6) / 6;
}

/** One space belongs to the word after it, unless a number follows. */
function chargeOfSpace(text: string, end: number, length: number): number {
  if (length > 1) return 1 + length / 16;
  return kindOf(text.charCodeAt(end)) === DIGIT ? 1 : 0;
}

/** One mark belongs to the word after it; usual runs such as `","` are one token. */
function chargeOfPunctuation(text: string, end: number, length: number): number {
  if (length === 1) return kindOf(text.charCodeAt(end)) <= LOWER ? 0.6 : 1;
  return length === 2 ? 1.1 : 1.25 + (length - 3) * 0.65;
}

function chargeOfOthers(text: string, start: number, end: number): number {
  let tokens = 0;
  for (let at = start; at < end; at++) {
    const code = text.charCodeAt(at);
    if (code >= 0x370 && code < 0x530) tokens += 0.5;
    else tokens += code >= 0xd800 && code < 0xe000 ? 1.5 : 1.05;
  }
  return tokens;
}
