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

/** Longest short name, in characters; the cut is shown. */
const LABEL_CHARS = 200;

/** Names that cannot be a sentence, which may stand unquoted. */
const PLAIN_NAMES = [
  /^[\w.:/$@#+=,()<>-]{0,64}$/,
  // The short form of a call site: `collect at /jobs/orders.py:12`.
  /^[\w$.<>]{1,64} at [\w./$@+<>-]{1,120}:\d{1,7}$/,
  // Operators of plans: `WholeStageCodegen (3)`, `Scan parquet`.
  /^[A-Za-z]{1,40} \(\d{1,6}\)$/,
  /^(?:Batch)?Scan (?:parquet|orc|csv|json|text|avro|xml|binaryFile|jdbc|delta|hive|ExistingRDD|OneRowRelation)$/,
  // The runtime properties of an environment.
  /^(?:Java (?:Home|Version)|Scala Version)$/,
];

/** Text from outside on one line, without control characters. */
export function oneLine(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is removed
  return text.replace(/[\u0000-\u001f\u007f]+/g, ' ');
}

/**
 * A short name from outside (application, stage, host) on one line, cut to 200 characters. A name that could be a sentence
 * comes back quoted, so that nobody takes it for an instruction.
 */
export function label(text: string): string {
  const line = oneLine(text);
  if (PLAIN_NAMES.some((form) => form.test(line))) return line;
  return quote(line.length <= LABEL_CHARS ? line : `${line.slice(0, LABEL_CHARS)}…`);
}
