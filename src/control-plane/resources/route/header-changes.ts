import type { HeaderChanges } from '../../desired-state/route.ts';

type Json = Record<string, unknown>;

/** Changes of headers, as fields of a route; `of` is `request` or `response`. */
export function headerChanges(of: 'request' | 'response', changes: HeaderChanges | undefined): Json {
  if (changes === undefined) return {};
  const { add = {}, set = {}, remove } = changes;
  const options = [
    ...Object.entries(add).map(([key, value]) => option(key, value, 'APPEND_IF_EXISTS_OR_ADD')),
    ...Object.entries(set).map(([key, value]) => option(key, value, 'OVERWRITE_IF_EXISTS_OR_ADD')),
  ];
  return {
    ...(options.length === 0 ? {} : { [`${of}_headers_to_add`]: options }),
    ...(remove === undefined ? {} : { [`${of}_headers_to_remove`]: remove }),
  };
}

function option(key: string, value: string, action: string): Json {
  return { header: { key, value }, append_action: action };
}
