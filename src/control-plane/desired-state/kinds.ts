import type { z } from 'zod';
import type { Problem } from '../problem.ts';
import { ClusterSpec } from './cluster.ts';
import { type DesiredObject, desiredObject, type Kind, OBJECT_NAME } from './desired-state.ts';
import { EndpointsSpec } from './endpoint.ts';
import { GroupSpec } from './group.ts';
import { ListenerSpec } from './listener.ts';
import { RawResourceSpec } from './raw-resource.ts';
import { RouteSpec } from './route.ts';
import { RuntimeSpec } from './runtime.ts';
import { schemaProblems } from './schema-problems.ts';
import { SecretSpec } from './secret.ts';
import { TenantSpec } from './tenant.ts';

/** The schema of each kind's specs. */
export const KIND_SCHEMAS = {
  groups: GroupSpec,
  tenants: TenantSpec,
  secrets: SecretSpec,
  runtime: RuntimeSpec,
  clusters: ClusterSpec,
  endpoints: EndpointsSpec,
  listeners: ListenerSpec,
  routes: RouteSpec,
  resources: RawResourceSpec,
} as const satisfies Record<Kind, z.ZodType>;

/** The object of a name and a spec, and every problem that its kind's schema finds; null where one is an error. A spec of null is an empty one. */
export function checkObject(
  kind: Kind,
  name: string,
  spec: unknown,
): { object: DesiredObject | null; problems: Problem[] } {
  const at = `${kind}/${name.slice(0, 200)}`;
  const problems: Problem[] = [];
  if (!OBJECT_NAME.test(name)) {
    problems.push({
      severity: 'error',
      rule: 'name',
      path: at,
      message: 'a name must be 1 to 200 letters, digits, "_", ".", ":" or "-", and begin with a letter or digit',
    });
  }
  const schema: z.ZodType = KIND_SCHEMAS[kind];
  const given = spec ?? {};
  const result = schema.safeParse(given, { reportInput: true });
  if (!result.success) problems.push(...schemaProblems(schema, result.error.issues, at));
  if (problems.length > 0) return { object: null, problems };
  return { object: desiredObject(kind, name, given as Record<string, unknown>), problems };
}
