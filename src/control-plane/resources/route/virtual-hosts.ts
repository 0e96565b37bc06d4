/** A route with the hosts that it is for; none: every host. */
export interface HostedRoute<Route> {
  readonly domains: readonly string[] | undefined;
  readonly routes: readonly Route[];
}

/** Hosts that have the same routes. */
interface HostGroup<Route> {
  readonly domains: readonly string[];
  readonly routes: readonly Route[];
}

const ANY = '*';
const EVERY_HOST: readonly string[] = [ANY];

/**
 * Routes by host. Envoy takes the most specific host pattern that fits, and only its routes, so that each pattern gets, in order, every
 * route whose own patterns take all hosts that it takes: `api.example.com` also gets those of `*.example.com` and of `*`. Patterns
 * with the same routes share a group.
 */
export function groupByHost<Route>(hosted: ReadonlyArray<HostedRoute<Route>>): HostGroup<Route>[] {
  const positions = positionsByPattern(hosted);
  const groups = new Map<string, { domains: string[]; positions: readonly number[] }>();
  for (const pattern of [...positions.keys()].sort()) {
    const fitting = merged(patternsOver(pattern).map((over) => positions.get(over) ?? []));
    const key = fitting.join(',');
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { domains: [pattern], positions: fitting });
    else group.domains.push(pattern);
  }
  return [...groups.values()].map((group) => ({
    domains: group.domains,
    routes: group.positions.flatMap((position) => hosted[position]?.routes ?? []),
  }));
}

function positionsByPattern(hosted: ReadonlyArray<HostedRoute<unknown>>): Map<string, number[]> {
  const positions = new Map<string, number[]>();
  for (const [position, { domains }] of hosted.entries()) {
    const patterns = domains === undefined ? EVERY_HOST : new Set(domains.map((domain) => domain.toLowerCase()));
    for (const pattern of patterns) {
      const list = positions.get(pattern);
      if (list === undefined) positions.set(pattern, [position]);
      else list.push(position);
    }
  }
  return positions;
}

/** Patterns that take every host that this one takes, itself among them: longer suffixes and prefixes, and `*`. */
function patternsOver(pattern: string): string[] {
  const over = new Set([pattern, ANY]);
  const startsOpen = pattern.startsWith('*');
  const endsOpen = pattern.endsWith('*');
  if (!endsOpen) for (let at = 1; at < pattern.length; at++) over.add(`*${pattern.slice(at)}`);
  if (!startsOpen) for (let at = pattern.length - 1; at > 0; at--) over.add(`${pattern.slice(0, at)}*`);
  return [...over];
}

function merged(lists: ReadonlyArray<readonly number[]>): readonly number[] {
  const present = lists.filter((list) => list.length > 0);
  if (present.length === 1) return present[0] ?? [];
  return [...new Set(present.flat())].sort((one, other) => one - other);
}
