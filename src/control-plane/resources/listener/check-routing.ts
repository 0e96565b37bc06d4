import type { DesiredObject, DesiredState } from '../../desired-state/desired-state.ts';
import { envoyVersionOf, groupNames } from '../../desired-state/proxy-group.ts';
import type { Problem } from '../../problem.ts';
import type { Unit } from '../build-context.ts';
import { checkReachability } from '../route/check-reachability.ts';
import { checkRoute } from '../route/check-route.ts';
import { listenerSpec } from '../route/parsed-specs.ts';
import { listenerOf, listenersOf, routesOfListener } from '../route/routes-of-listener.ts';
import { checkListener } from './check-listener.ts';
import { checkTools } from './check-tools.ts';
import { listenerPolicy } from './policy.ts';

/**
 * What is wrong with the listeners that a change touches, and with their routes and tenants: references to what is not there, two
 * listeners on one port, routes that nothing reaches, and the traps of MCP behind Envoy. Each problem once, whatever groups have it.
 */
export function checkRouting(state: DesiredState, touched: readonly Unit[]): Problem[] {
  const names = touched.filter(({ kind }) => kind === 'listener').map(({ name }) => name);
  const goneSecrets = touched.filter(({ kind, name }) => kind === 'secret' && !state.secrets.has(name));
  const problems = [
    ...names.flatMap((name) => groupNames(state).flatMap((group) => checkOf(state, name, group))),
    ...names.flatMap((name) => checkTenantsOf(state, name)),
    ...goneSecrets.flatMap(({ name }) => checkSecretUsers(state, name)),
  ];
  return [
    ...new Map(problems.map((problem) => [`${problem.rule} ${problem.path} ${problem.message}`, problem])).values(),
  ];
}

function checkOf(state: DesiredState, name: string, group: string): Problem[] {
  const listener = listenerOf(state, name, group);
  if (listener === undefined) return checkOrphans(state, name, group);
  const policy = listenerPolicy(listener, { state, group, version: envoyVersionOf(state, group) });
  return [
    ...checkListener(listener, policy, state, listenersOf(state, group)),
    ...checkTools(listener, policy, state),
    ...policy.routes.flatMap((route) => checkRoute(route, policy, state)),
    ...checkReachability(policy.routes),
  ];
}

/** Routes on a listener that is not there. */
function checkOrphans(state: DesiredState, name: string, group: string): Problem[] {
  return routesOfListener(state, name, group).map((route): Problem => {
    const named = route.spec.listener !== undefined;
    return {
      severity: 'error',
      rule: 'dangling-reference',
      path: named ? `routes/${route.name}.listener` : `routes/${route.name}`,
      message: named
        ? `listener "${name}" is not there for the group ${group}`
        : `no listener is named, there are several in the group ${group}, and none is "${name}"`,
      hint: 'Name a listener that there is, or add this one.',
    };
  });
}

function checkTenantsOf(state: DesiredState, name: string): Problem[] {
  const listener = state.listeners.get(name);
  const naming = [...state.tenants].filter(
    ({ spec }) => Array.isArray(spec.listeners) && spec.listeners.includes(name),
  );
  if (listener === undefined) {
    return naming.map((tenant) => ({
      severity: 'error',
      rule: 'dangling-reference',
      path: `tenants/${tenant.name}.listeners`,
      message: `listener "${name}" is not there`,
    }));
  }
  if (listenerSpec(listener).tenants !== undefined) return [];
  return naming.map((tenant) => ({
    severity: 'warning',
    rule: 'tenant-unused',
    path: `tenants/${tenant.name}.listeners`,
    message: `listener "${name}" does not tell tenants apart, so that nothing of this tenant holds there`,
    hint: 'Give the listener tenants: {by: …}.',
  }));
}

function checkSecretUsers(state: DesiredState, secret: string): Problem[] {
  const uses = ({ spec }: DesiredObject) => {
    const tls = spec.tls as { certificate?: unknown; client_ca?: unknown } | undefined;
    return [tls?.certificate, tls?.client_ca].flat().includes(secret);
  };
  return [...state.listeners].filter(uses).map((listener) => ({
    severity: 'error',
    rule: 'dangling-reference',
    path: `listeners/${listener.name}.tls`,
    message: `secret "${secret}" is not there`,
  }));
}
