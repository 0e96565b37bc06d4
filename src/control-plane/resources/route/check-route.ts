import type { Access } from '../../desired-state/access.ts';
import type { DesiredObject, DesiredState } from '../../desired-state/desired-state.ts';
import { listOf } from '../../desired-state/match.ts';
import type { RouteSpec } from '../../desired-state/route.ts';
import type { Problem } from '../../problem.ts';
import { HAS } from '../filters/envoy-features.ts';
import type { ListenerPolicy } from '../listener/policy.ts';
import { namesCluster } from './check-references.ts';
import { routeSpec } from './parsed-specs.ts';
import { namedClusters, routeTraits, tellsTools } from './route-targets.ts';

/** Silence that an SSE stream has to stand. */
const LEAST_IDLE_S = 60;

type Found = Omit<Problem, 'path'> & { readonly at: string };

/** What a route was checked with, and what was found. */
interface Checked {
  readonly listener: ListenerPolicy['spec'];
  readonly version: ListenerPolicy['version'];
  readonly clusters: DesiredState['clusters'];
  readonly resources: DesiredState['resources'];
  readonly tenants: DesiredState['tenants'];
  readonly problems: readonly Problem[];
}

const checked = new WeakMap<DesiredObject, Checked>();

/** What is wrong with a route, seen with its listener. A route is looked at again only when something changed that it is seen with. */
export function checkRoute(route: DesiredObject, policy: ListenerPolicy, state: DesiredState): readonly Problem[] {
  const known = checked.get(route);
  if (known !== undefined && isSame(known, policy, state)) return known.problems;
  const problems = problemsOf(route, policy, state);
  const { clusters, resources, tenants } = state;
  checked.set(route, { listener: policy.spec, version: policy.version, clusters, resources, tenants, problems });
  return problems;
}

function isSame(
  known: Checked,
  { spec, version }: ListenerPolicy,
  { clusters, resources, tenants }: DesiredState,
): boolean {
  return (
    known.listener === spec &&
    known.version.major === version.major &&
    known.version.minor === version.minor &&
    known.clusters === clusters &&
    known.resources === resources &&
    known.tenants === tenants
  );
}

function problemsOf(route: DesiredObject, policy: ListenerPolicy, state: DesiredState): readonly Problem[] {
  const spec = routeSpec(route);
  const { mcp } = routeTraits(spec, state);
  const anyPage =
    spec.cors !== undefined && spec.cors !== false && spec.cors.credentials && spec.cors.origins.includes('*');
  return [
    ...clusterProblems(spec, state),
    ...tenantProblems(spec, policy, state),
    ...(mcp ? streamProblems(spec) : []),
    ...(mcp && spec.mirrors !== undefined ? [MIRRORED_CALLS] : []),
    ...weightProblems(spec, policy, state),
    ...bypassProblems(spec, policy, mcp),
    ...(!mcp && tellsTools(spec) ? [TOOLS_WITHOUT_MCP] : []),
    ...(anyPage ? [ANY_PAGE] : []),
  ].map(({ at, ...problem }) => ({ ...problem, path: `routes/${route.name}${at}` }));
}

/** Tenants and claims that an allow-list asks for must be told by the listener. `at`: where the list is. */
export function accessProblems(access: Access, at: string, policy: ListenerPolicy, state: DesiredState): Found[] {
  const rules = [
    ...Object.entries(access.allow ?? {}).map(([name, rule]) => ({ rule, where: `${at}.allow.${name}` })),
    ...Object.entries(access.shadow ?? {}).map(([name, rule]) => ({ rule, where: `${at}.shadow.${name}` })),
  ];
  return rules.flatMap(({ rule, where }) => [
    ...namedTenants(rule.tenants ?? [], `${where}.tenants`, policy, state),
    ...((rule.scopes !== undefined || rule.claims !== undefined) && policy.spec.jwt === undefined
      ? [
          {
            severity: 'error' as const,
            rule: 'claims-without-jwt',
            at: where,
            message: `scopes and claims are of a JWT, and listener "${policy.name}" asks for none`,
            hint: 'Give the listener jwt.',
          },
        ]
      : []),
  ]);
}

const MIRRORED_CALLS: Found = {
  severity: 'warning',
  rule: 'mirrored-calls',
  at: '.mirrors',
  message: 'calls of tools run a second time at the mirror, those that write too',
  hint: 'Mirror only routes whose tools read, or to a cluster with data of its own.',
};

const TOOLS_WITHOUT_MCP: Found = {
  severity: 'error',
  rule: 'tools-without-mcp',
  at: '',
  message:
    'it depends on the tool that is called, but none of its clusters is of protocol mcp: its messages are not read',
  hint: 'Say mcp: on when it is MCP, or leave tools and access out.',
};

const ANY_PAGE: Found = {
  severity: 'error',
  rule: 'cors-credentials',
  at: '.cors',
  message: 'every page on the web could call with the credentials of its visitor',
  hint: 'Name the origins, or leave credentials out.',
};

function clusterProblems(spec: RouteSpec, state: DesiredState): Found[] {
  return namedClusters(spec)
    .filter(({ cluster }) => !namesCluster(state, cluster))
    .map(({ cluster, field }) => ({
      severity: 'error',
      rule: 'dangling-reference',
      at: `.${field}`,
      message: `cluster "${cluster}" is not there`,
      hint: 'Add it under clusters, or name one that there is.',
    }));
}

function tenantProblems(spec: RouteSpec, policy: ListenerPolicy, state: DesiredState): Found[] {
  const access =
    spec.access === undefined || spec.access === false ? [] : accessProblems(spec.access, '.access', policy, state);
  return [...namedTenants(listOf(spec.match.tenants), '.match.tenants', policy, state), ...access];
}

function namedTenants(names: readonly string[], at: string, policy: ListenerPolicy, state: DesiredState): Found[] {
  if (names.length > 0 && policy.spec.tenants === undefined) {
    return [
      {
        severity: 'error',
        rule: 'tenants-not-told-apart',
        at,
        message: `listener "${policy.name}" does not tell tenants apart`,
        hint: 'Give the listener tenants: {by: …}.',
      },
    ];
  }
  return names
    .filter((name) => !policy.tenants.has(name))
    .map((name) => ({
      severity: 'error',
      rule: 'dangling-reference',
      at,
      message: state.tenants.has(name)
        ? `tenant "${name}" is not one of listener "${policy.name}"`
        : `tenant "${name}" is not there`,
    }));
}

/** MCP answers calls when they are done, and streams for as long as a client listens. */
function streamProblems({ timeouts, match }: RouteSpec): Found[] {
  const found: Found[] = [];
  const onlyCalls = listOf(match.tools).length > 0;
  if (timeouts.total_s > 0 && !onlyCalls) {
    found.push({
      severity: 'warning',
      rule: 'stream-timeout',
      at: '.timeouts.total_s',
      message: `streams of SSE, and every call, end after ${timeouts.total_s} s`,
      hint: 'Leave it 0 and give single tools a timeout under tools.',
    });
  }
  if (timeouts.idle_s !== undefined && timeouts.idle_s > 0 && timeouts.idle_s < LEAST_IDLE_S) {
    found.push({
      severity: 'warning',
      rule: 'stream-timeout',
      at: '.timeouts.idle_s',
      message: `a call or stream that is quiet for ${timeouts.idle_s} s is cut off`,
      hint: `Make it ${LEAST_IDLE_S} or more, or 0.`,
    });
  }
  return found;
}

/** A session is in one cluster; each of its requests picks a cluster anew. */
function weightProblems(spec: RouteSpec, { version }: ListenerPolicy, state: DesiredState): Found[] {
  const sharing = Object.values(spec.clusters ?? {}).filter((weight) => weight > 0).length;
  if (sharing < 2 || !routeTraits(spec, state).sessions) return [];
  if (spec.hash !== undefined && HAS.weightedByHash(version)) return [];
  return [
    {
      severity: 'warning',
      rule: 'weighted-sessions',
      at: '.clusters',
      message:
        '2025-era clients lose their sessions: a later request can be given to the cluster that does not have it',
      hint: 'Give hash: [{header: authorization}], by which a client stays with a cluster (Envoy 1.36), or make the clusters stateless.',
    },
  ];
}

/** Rules for tools hold only where messages are read as MCP. */
function bypassProblems(spec: RouteSpec, policy: ListenerPolicy, mcp: boolean): Found[] {
  const toTools = spec.cluster !== undefined || spec.clusters !== undefined;
  if (mcp || spec.mcp !== 'off' || !toTools || spec.access === false || policy.spec.access?.allow === undefined)
    return [];
  return [
    {
      severity: 'error',
      rule: 'mcp-off',
      at: '.mcp',
      message: `the allow-lists of listener "${policy.name}" do not hold where MCP is off`,
      hint: 'Leave mcp out, or say access: false as well when that is meant.',
    },
  ];
}
