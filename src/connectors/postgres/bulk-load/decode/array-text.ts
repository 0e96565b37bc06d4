/** An element in quotation marks, one without, or what stands between two. */
const TOKEN = /"((?:[^"\\]|\\.)*)"|([^",{}]+)|,/gsy;

/**
 * The elements of an array of one dimension, as the server writes it: `{1,NULL,"a \"b\""}`. Null for one of several dimensions.
 * Source: PostgreSQL, "Array Input and Output Syntax".
 */
export function parseArray(text: string): (string | null)[] | null {
  // Bounds that do not begin at 1 stand before the braces.
  const start = text.indexOf('{');
  const inner = text.slice(start + 1, -1);
  if (inner === '') return [];
  const elements: (string | null)[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < inner.length) {
    const match = TOKEN.exec(inner);
    if (match === null) return null;
    const [token, quoted, bare] = match;
    if (token === ',') continue;
    if (quoted !== undefined) elements.push(quoted.replace(/\\(.)/gs, '$1'));
    else elements.push(bare?.toUpperCase() === 'NULL' ? null : (bare ?? ''));
  }
  return elements;
}
