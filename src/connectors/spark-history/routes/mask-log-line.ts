import { redactProperty, redactText } from '../../../kernel/redaction.ts';

/**
 * Masks the secrets in one line of an event log: values of properties by their names, and secrets inside any other text.
 * Numbers stay as they are written, and a line in which nothing has to be masked comes back as it is; a line that is no JSON,
 * or is nested more deeply than can be walked, is masked as plain text.
 */
export function maskLogLine(line: string): string {
  try {
    return tells(JSON.parse(line), null) ? JSON.stringify(masked(parseExactly(line), null)) : line;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof RangeError) return redactText(line);
    throw error;
  }
}

/** JSON.parse source text access, which the library of TypeScript does not declare. */
interface ExactJson {
  rawJSON(text: string): object;
  isRawJSON(value: unknown): boolean;
  parse(text: string, reviver: (key: string, value: unknown, context: { readonly source: string }) => unknown): unknown;
}
const exactJson = JSON as unknown as ExactJson;

/** JSON whose numbers are kept as they are written: accumulators exceed what a JavaScript number holds. */
function parseExactly(line: string): unknown {
  return exactJson.parse(line, (_key, value, { source }) =>
    typeof value === 'number' ? exactJson.rawJSON(source) : value,
  );
}

/** True when something in a value has to be masked. Most lines have nothing, so nothing is built to find that out. */
function tells(value: unknown, name: string | null): boolean {
  if (typeof value === 'string') return maskedText(value, name) !== value;
  if (typeof value !== 'object' || value === null) return false;
  if (Array.isArray(value))
    return isPair(value) ? tells(value[1], value[0]) : value.some((inner) => tells(inner, null));
  const record = value as Readonly<Record<string, unknown>>;
  for (const key in record) if (redactText(key) !== key || tells(record[key], key)) return true;
  return false;
}

function masked(value: unknown, name: string | null): unknown {
  if (typeof value === 'string') return maskedText(value, name);
  if (typeof value !== 'object' || value === null || exactJson.isRawJSON(value)) return value;
  if (Array.isArray(value))
    return isPair(value) ? [value[0], masked(value[1], value[0])] : value.map((inner) => masked(inner, null));
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [redactText(key), masked(inner, key)]));
}

const maskedText = (text: string, name: string | null): string =>
  name === null ? redactText(text) : redactProperty(name, text);

/** Older logs write properties as pairs. */
const isPair = (values: readonly unknown[]): values is [string, string] =>
  values.length === 2 && typeof values[0] === 'string' && typeof values[1] === 'string';
