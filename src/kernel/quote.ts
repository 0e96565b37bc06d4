/** Longest quoted text in a result unless a tool asks for more, in characters. */
const DEFAULT_QUOTE_CHARS = 500;

/** Text from outside (logs, SQL, exceptions) inside « ». A reader takes it as data, never as instructions. */
export type Quoted = `«${string}»`;

/**
 * Marks text from outside as quoted data. Guillemets inside it are replaced, so it cannot close its own quotation.
 * Longer text is cut, and the cut is stated inside the quotation.
 */
export function quote(text: string, maxChars = DEFAULT_QUOTE_CHARS): Quoted {
  const inner = text.replaceAll('«', '‹').replaceAll('»', '›').replaceAll('\u0000', '');
  if (inner.length <= maxChars) return `«${inner}»`;
  return `«${inner.slice(0, maxChars)}… [${inner.length - maxChars} more characters]»`;
}

/** A short name from outside (application, stage, host): one line, no control characters, no guillemets, at most 200 characters. */
export function label(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is removed
  return text.replace(/[\u0000-\u001f\u007f«»]+/g, ' ').slice(0, 200);
}
