import type { DesiredObject } from '../../desired-state/desired-state.ts';
import { listOf } from '../../desired-state/match.ts';
import type { RouteSpec } from '../../desired-state/route.ts';
import { routeSpec } from './parsed-specs.ts';

type Key = readonly [order: number, path: number, length: number, conditions: number, name: string];

const keys = new WeakMap<DesiredObject, Key>();

/** Which of two routes is asked first: see `RouteSpec`. A total order, so that equal states build equal configurations. */
export function compareRoutes(one: DesiredObject, other: DesiredObject): number {
  const [ones, others] = [keyOf(one), keyOf(other)];
  for (const [place, value] of ones.entries()) {
    const against = others[place];
    if (against === undefined || value === against) continue;
    return value < against ? -1 : 1;
  }
  return 0;
}

/** How many conditions besides the path a route has. */
function conditionCount({ match }: RouteSpec): number {
  const { headers = {}, query = {}, methods, tools, tenants, grpc } = match;
  const lists = [methods, tools, tenants].filter((list) => listOf<string>(list).length > 0).length;
  return Object.keys(headers).length + Object.keys(query).length + lists + (grpc === undefined ? 0 : 1);
}

function keyOf(object: DesiredObject): Key {
  const known = keys.get(object);
  if (known !== undefined) return known;
  const spec = routeSpec(object);
  const { path, prefix = '/', regex } = spec.match;
  const rank = path !== undefined ? 0 : regex === undefined ? 1 : 2;
  const length = (path ?? regex ?? prefix).length;
  const key: Key = [spec.order, rank, -length, -conditionCount(spec), object.name];
  keys.set(object, key);
  return key;
}
