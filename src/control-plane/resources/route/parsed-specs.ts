import type { z } from 'zod';
import type { DesiredObject } from '../../desired-state/desired-state.ts';
import { ListenerSpec } from '../../desired-state/listener.ts';
import { RouteSpec } from '../../desired-state/route.ts';
import { TenantSpec } from '../../desired-state/tenant.ts';

/** The spec of a listener with its defaults. */
export const listenerSpec = parsedBy<ListenerSpec>(ListenerSpec);

/** The spec of a route with its defaults. */
export const routeSpec = parsedBy<RouteSpec>(RouteSpec);

/** The spec of a tenant with its defaults. */
export const tenantSpec = parsedBy<TenantSpec>(TenantSpec);

/** Objects are immutable, so that each is parsed once. Objects were checked before: that one does not parse is a bug. */
function parsedBy<Spec>(schema: z.ZodType<Spec>): (object: DesiredObject) => Spec {
  const parsed = new WeakMap<DesiredObject, Spec>();
  return (object) => {
    const known = parsed.get(object);
    if (known !== undefined) return known;
    const spec = schema.parse(object.spec);
    parsed.set(object, spec);
    return spec;
  };
}
