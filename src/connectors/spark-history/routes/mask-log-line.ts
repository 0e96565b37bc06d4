import { redactProperty, redactText } from '../../../kernel/redaction.ts';

/**
 * Masks the secrets in one line of an event log: values of properties by their names, and secrets inside any other text.
 * Numbers stay as they are written, and a line in which nothing has to be masked comes back as it is; a line that is no JSON,
 * or is nested more deeply than can be walked, is masked as plain text.
 */
export function maskLogLine(line: string): string {
  try {
    const state = { changed: false };
    maskValue(JSON.parse(line), null, state);
    return state.changed ? JSON.stringify(maskValue(parseExactly(line), null, state)) : line;
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

function maskValue(value: unknown, name: string | null, state: { changed: boolean }): unknown {
  if (typeof value === 'string') {
    const masked = name === null ? redactText(value) : redactProperty(name, value);
    if (masked !== value) state.changed = true;
    return masked;
  }
  if (Array.isArray(value)) return maskArray(value, state);
  if (typeof value !== 'object' || value === null || exactJson.isRawJSON(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => {
      const shown = redactText(key);
      if (shown !== key) state.changed = true;
      return [shown, maskValue(inner, key, state)];
    }),
  );
}

/** Older logs write properties as pairs. */
function maskArray(values: readonly unknown[], state: { changed: boolean }): unknown[] {
  const [name, value] = values;
  if (values.length === 2 && typeof name === 'string' && typeof value === 'string')
    return [name, maskValue(value, name, state)];
  return values.map((inner) => maskValue(inner, null, state));
}
