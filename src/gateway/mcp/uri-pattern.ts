/** Recognises the URIs of a template. */
export interface UriPattern {
  readonly variables: readonly string[];
  /** The decoded variables, or undefined when the URI is not one of the template. */
  match(uri: string): Record<string, string> | undefined;
}

/** RFC 6570, simple `{variable}` expansion: a variable is one path segment, percent-encoded. */
export function compileTemplate(template: string): UriPattern {
  const parts = template.split(/\{([A-Za-z_][A-Za-z0-9_]*)\}/);
  const variables = parts.filter((_, index) => index % 2 === 1);
  const source = parts.map((part, index) => (index % 2 === 1 ? '([^/?#]+)' : literally(part))).join('');
  const pattern = new RegExp(`^${source}$`);
  return {
    variables,
    match(uri) {
      const found = pattern.exec(uri);
      if (found === null) return undefined;
      const values = found.slice(1).map(decode);
      if (values.includes(undefined)) return undefined;
      return Object.fromEntries(variables.map((name, index) => [name, values[index] ?? '']));
    },
  };
}

function literally(literal: string): string {
  return literal.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

function decode(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}
