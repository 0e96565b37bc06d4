import type { Resource } from '../resource.ts';
import { type Snapshot, setOf } from '../snapshot/snapshot.ts';

/** What a client that polls asks for (T4). */
export interface FetchRequest {
  readonly typeUrl: string;
  /** Empty, or with `*` in it: all. */
  readonly names: readonly string[];
  /** `version_info` of the answer that the client has; empty: none. */
  readonly version: string;
}

/** The resources of a type, or `unchanged` when the client has their version already. Names that are not there are left out. */
export function fetchResources(
  snapshot: Snapshot,
  { typeUrl, names, version }: FetchRequest,
): { readonly version: string; readonly resources: readonly Resource[] } | 'unchanged' {
  const set = setOf(snapshot, typeUrl);
  if (version !== '' && version === set.version) return 'unchanged';
  const all = names.length === 0 || names.includes('*');
  const resources = all ? [...set] : [...new Set(names)].flatMap((name) => set.get(name) ?? []);
  return { version: set.version, resources };
}
