/** A step into JSON: a field, an index of a list, or a key of a map. */
export type Segment = string | number | { readonly key: string };

/** As `virtual_hosts[0].routes[2].metadata.filter_metadata["a.b"]`. */
export function renderPath(segments: readonly Segment[], from = 0): string {
  let path = '';
  for (let index = from; index < segments.length; index++) {
    const segment = segments[index] as Segment;
    if (typeof segment === 'number') path += `[${segment}]`;
    else if (typeof segment === 'object') path += `[${JSON.stringify(segment.key)}]`;
    else path += path === '' ? segment : `.${segment}`;
  }
  return path;
}

/** A path below another one. */
export function joinPaths(outer: string, inner: string): string {
  if (outer === '' || inner === '') return outer + inner;
  return inner.startsWith('[') ? outer + inner : `${outer}.${inner}`;
}

/** What the JSON of a message has in a field, which can be spelled in snake_case or camelCase. */
export function fieldOf(message: unknown, name: string): unknown {
  if (typeof message !== 'object' || message === null) return undefined;
  const fields = message as Record<string, unknown>;
  const value = Object.hasOwn(fields, name) ? fields[name] : undefined;
  if (value !== undefined || !name.includes('_')) return value;
  const camel = name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
  return Object.hasOwn(fields, camel) ? fields[camel] : undefined;
}
