import type { DesiredObject } from '../../desired-state/desired-state.ts';
import type { RouteMatch } from '../../desired-state/match.ts';
import type { RouteSpec } from '../../desired-state/route.ts';
import type { Problem } from '../../problem.ts';
import { routeSpec } from './parsed-specs.ts';

/** Paths that are taken already, of one set of hosts and conditions. */
interface Taken {
  readonly prefixes: Map<string, string>;
  /** Of the prefixes: a path is cut at these only. */
  readonly lengths: Set<number>;
  readonly paths: Map<string, string>;
  readonly regexes: Map<string, string>;
}

/** What of a route its place among the others depends on. */
interface Shape {
  readonly match: RouteMatch;
  /** Its hosts and conditions, and those that take all that these do, itself first. */
  readonly keys: readonly string[];
}

const UNCONDITIONAL = '{}';
const EVERY_HOST = '*';
const shapes = new WeakMap<DesiredObject, Shape>();

/**
 * Routes that nothing reaches, because an earlier one takes all that they would: the same hosts or every host, the same conditions or
 * none, and a path that has theirs in it. Proportional to the routes and the length of their paths.
 */
export function checkReachability(routes: readonly DesiredObject[]): Problem[] {
  const taken = new Map<string, Taken>();
  const problems: Problem[] = [];
  for (const route of routes) {
    const { match, keys } = shapeOf(route);
    const first = firstOver(taken, keys, match);
    if (first === undefined) add(taken, keys[0] ?? '', match, route.name);
    else problems.push(unreachable(route.name, first));
  }
  return problems;
}

function shapeOf(route: DesiredObject): Shape {
  const known = shapes.get(route);
  if (known !== undefined) return known;
  const spec = routeSpec(route);
  const [hosts, conditions] = [hostsOf(spec), conditionsOf(spec.match)];
  const over = [hosts, EVERY_HOST].flatMap((host) => [`${host} ${conditions}`, `${host} ${UNCONDITIONAL}`]);
  const shape = { match: spec.match, keys: [...new Set(over)] };
  shapes.set(route, shape);
  return shape;
}

function firstOver(taken: ReadonlyMap<string, Taken>, keys: readonly string[], match: RouteMatch): string | undefined {
  for (const key of keys) {
    const name = takenBy(taken.get(key), match);
    if (name !== undefined) return name;
  }
  return undefined;
}

function unreachable(name: string, first: string): Problem {
  return {
    severity: 'warning',
    rule: 'unreachable-route',
    path: `routes/${name}.match`,
    message: `route "${first}" is asked before and takes everything that this one would`,
    hint: 'Give it conditions of its own, or a smaller order than the other.',
  };
}

function takenBy(taken: Taken | undefined, { path, regex, prefix = '/' }: RouteMatch): string | undefined {
  if (taken === undefined) return undefined;
  if (regex !== undefined) return taken.regexes.get(regex) ?? taken.prefixes.get('/');
  const same = path === undefined ? undefined : taken.paths.get(path);
  return same ?? prefixOver(taken, path ?? prefix);
}

function prefixOver({ prefixes, lengths }: Taken, path: string): string | undefined {
  for (const length of lengths) {
    const name = length <= path.length ? prefixes.get(path.slice(0, length)) : undefined;
    if (name !== undefined) return name;
  }
  return undefined;
}

function add(taken: Map<string, Taken>, key: string, { path, regex, prefix = '/' }: RouteMatch, name: string): void {
  const known = taken.get(key) ?? { prefixes: new Map(), lengths: new Set(), paths: new Map(), regexes: new Map() };
  taken.set(key, known);
  if (path !== undefined) known.paths.set(path, name);
  else if (regex !== undefined) known.regexes.set(regex, name);
  else {
    known.prefixes.set(prefix, name);
    known.lengths.add(prefix.length);
  }
}

function hostsOf({ domains }: RouteSpec): string {
  return domains === undefined
    ? EVERY_HOST
    : [...domains]
        .map((domain) => domain.toLowerCase())
        .sort()
        .join(',');
}

/** All that a match asks for besides the path. */
function conditionsOf({ path: _path, prefix: _prefix, regex: _regex, ...conditions }: RouteMatch): string {
  return JSON.stringify(conditions);
}
