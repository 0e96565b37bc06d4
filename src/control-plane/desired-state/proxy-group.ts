import type { ProxyNode } from '../proxy.ts';
import type { VersionedSet } from '../versioned-set.ts';
import type { DesiredObject, DesiredState } from './desired-state.ts';
import type { GroupSpec, ProxyCondition } from './group.ts';

/** The group of proxies that no group takes. */
export const DEFAULT_GROUP = 'default';

/** The oldest Envoy that is served. */
export const OLDEST_ENVOY = { major: 1, minor: 28 } as const;

interface Rule {
  readonly group: string;
  readonly condition: ProxyCondition;
  readonly weight: number;
}

/** Rules of a set of groups are sorted once: proxies ask far more often than groups change. */
const sortedRules = new WeakMap<VersionedSet<DesiredObject>, readonly Rule[]>();

/**
 * The group of a proxy: of the conditions that it meets the one that says most. The exact node id says most, then a prefix of the id, the
 * longer the more, then the number of fields; the group whose name sorts first decides between equals.
 */
export function groupOf(state: DesiredState, node: ProxyNode): string {
  return rulesOf(state.groups).find(({ condition }) => meets(node, condition))?.group ?? DEFAULT_GROUP;
}

/** Every group that has a snapshot, sorted: those that are declared, and `default`. */
export function groupNames(state: DesiredState): string[] {
  return [...new Set([DEFAULT_GROUP, ...[...state.groups].map(({ name }) => name)])].sort();
}

/** The oldest Envoy of a group: what it says, or 1.28. */
export function envoyVersionOf(state: DesiredState, group: string): { readonly major: number; readonly minor: number } {
  const spec = state.groups.get(group)?.spec as GroupSpec | undefined;
  return spec?.envoy_version === undefined ? OLDEST_ENVOY : readVersion(spec.envoy_version);
}

/** Whether an object is for a group: it names it, or none. */
export function isForGroup(spec: Readonly<Record<string, unknown>>, group: string): boolean {
  return !Array.isArray(spec.groups) || spec.groups.includes(group);
}

/** Whether an Envoy of a version has what came with `1.<minor>`. */
export function hasEnvoy(version: { readonly major: number; readonly minor: number }, minor: number): boolean {
  return version.major > 1 || version.minor >= minor;
}

function rulesOf(groups: VersionedSet<DesiredObject>): readonly Rule[] {
  const known = sortedRules.get(groups);
  if (known !== undefined) return known;
  const rules = [...groups].flatMap(({ name, spec }) =>
    ((spec as GroupSpec).match ?? []).map((condition) => ({ group: name, condition, weight: weightOf(condition) })),
  );
  rules.sort((one, other) => other.weight - one.weight || (one.group < other.group ? -1 : 1));
  sortedRules.set(groups, rules);
  return rules;
}

/** More for the exact id than for any prefix, more for a prefix than for any number of other fields. */
function weightOf({ id, id_prefix: prefix, metadata = {}, ...others }: ProxyCondition): number {
  const fields = Object.keys(others).length + Object.keys(metadata).length;
  return (id === undefined ? 0 : 1e12) + (prefix === undefined ? 0 : (prefix.length + 1) * 1e6) + fields;
}

function meets(node: ProxyNode, condition: ProxyCondition): boolean {
  const said: Array<[string | undefined, string]> = [
    [condition.id, node.id],
    [condition.cluster, node.cluster],
    [condition.region, node.region],
    [condition.zone, node.zone],
    [condition.sub_zone, node.subZone],
  ];
  return (
    said.every(([wanted, is]) => wanted === undefined || wanted === is) &&
    (condition.id_prefix === undefined || node.id.startsWith(condition.id_prefix)) &&
    Object.entries(condition.metadata ?? {}).every(([key, value]) => node.metadata[key] === value) &&
    isBetween(node.version, condition)
  );
}

function isBetween(version: string | null, { min_version: min, below_version: below }: ProxyCondition): boolean {
  if (min === undefined && below === undefined) return true;
  if (version === null || !/^\d+\.\d+/.test(version)) return false;
  return (min === undefined || compare(version, min) >= 0) && (below === undefined || compare(version, below) < 0);
}

function compare(one: string, other: string): number {
  const [ones, others] = [one, other].map((text) => text.split('.').map((part) => Number.parseInt(part, 10) || 0));
  for (const place of [0, 1, 2]) {
    const difference = (ones?.[place] ?? 0) - (others?.[place] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

function readVersion(text: string): { major: number; minor: number } {
  const [major = OLDEST_ENVOY.major, minor = OLDEST_ENVOY.minor] = text.split('.').map(Number);
  return { major, minor };
}
