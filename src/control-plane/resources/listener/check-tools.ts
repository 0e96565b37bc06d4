import type { DesiredObject, DesiredState } from '../../desired-state/desired-state.ts';
import { listOf } from '../../desired-state/match.ts';
import type { Problem } from '../../problem.ts';
import { HAS } from '../filters/envoy-features.ts';
import { accessProblems } from '../route/check-route.ts';
import { routeSpec } from '../route/parsed-specs.ts';
import { routesByTool, routeTraits } from '../route/route-targets.ts';
import type { ListenerPolicy } from './policy.ts';

/** Calls with SQL in them are often longer than the 8 KiB that Envoy's filter reads by default. */
const LEAST_MESSAGE_BYTES = 65_536;

type Found = Omit<Problem, 'path'> & { readonly at: string };

/** The traps of rules, limits and routes that depend on the tool that is called. */
export function checkTools(listener: DesiredObject, policy: ListenerPolicy, state: DesiredState): Problem[] {
  const found = [
    ...versionProblems(policy),
    ...(policy.tellsTools ? [...sourceProblems(policy), ...filterProblems(policy)] : []),
    ...(policy.spec.access === undefined ? [] : accessProblems(policy.spec.access, '.access', policy, state)),
  ].map(({ at, ...problem }): Problem => ({ ...problem, path: `listeners/${listener.name}${at}` }));
  return [...found, ...authProblems(policy, state)];
}

function versionProblems({ spec, version }: ListenerPolicy): Found[] {
  if (spec.mcp.filter !== 'on' || HAS.mcpFilter(version)) return [];
  return [
    {
      severity: 'error',
      rule: 'mcp-filter-version',
      at: '.mcp.filter',
      message: `the MCP filter is used from Envoy 1.39 on, and the group's oldest is ${version.major}.${version.minor}: before that it crashes on, or refuses, what MCP clients send`,
      hint: 'Give the group envoy_version "1.39" or later when its proxies are.',
    },
  ];
}

/** Without the filter only headers tell the tool, and only clients of 2026-07-28 send them. */
function sourceProblems(policy: ListenerPolicy): Found[] {
  if (policy.source === 'metadata') return [];
  const { version, spec } = policy;
  const reason =
    spec.mcp.filter === 'off'
      ? 'the MCP filter is off'
      : `Envoy ${version.major}.${version.minor} has no MCP filter that is fit for use`;
  const found: Found = {
    severity: 'warning',
    rule: 'tools-by-header',
    at: '.mcp',
    message: enforcesTools(policy)
      ? `${reason}, so that tools are known by Mcp-Name only: calls without it, which 2025-era clients make, are refused, and servers must compare it with the message`
      : `${reason}, so that tools are known by Mcp-Name only: settings and limits of tools do not hold for calls without it, which 2025-era clients make`,
    hint: 'Give the group envoy_version "1.39" or later when its proxies are, and leave mcp.filter at auto.',
  };
  return [found];
}

function filterProblems(policy: ListenerPolicy): Found[] {
  const { spec, mcp } = policy;
  if (mcp === null) return [];
  const found: Found[] = [];
  if (!mcp.strict) {
    found.push({
      severity: 'error',
      rule: 'mcp-pass-through',
      at: '.mcp.other_requests',
      message: 'a message that is too long to be read, or is no MCP, has no tool: it passes by what is said of tools',
      hint: 'Leave other_requests at auto, and put what is no MCP on a route with mcp: off.',
    });
  }
  if (mcp.source === 'headers') {
    found.push({
      severity: 'error',
      rule: 'mcp-source',
      at: '.mcp.source',
      message: 'the client says what tool it calls, and nobody compares that with the message',
      hint: 'Use verify.',
    });
  }
  if (mcp.maxMessageBytes < LEAST_MESSAGE_BYTES) {
    found.push({
      severity: 'warning',
      rule: 'mcp-message-limit',
      at: '.mcp.max_message_bytes',
      message: `calls longer than ${mcp.maxMessageBytes} bytes are refused; queries in SQL are often longer`,
      hint: `Make it ${LEAST_MESSAGE_BYTES} or more.`,
    });
  }
  if (enforcesTools(policy)) {
    found.push({
      severity: 'warning',
      rule: 'tools-listed',
      at: spec.access === undefined ? '' : '.access',
      message: 'tools/list still names tools that may not be called: Envoy refuses calls, it does not change lists',
      hint: 'Let the server hide them as well where names are confidential.',
    });
  }
  return found;
}

/** Whether a call can be refused because of its tool. */
function enforcesTools({ spec, tenants, routes }: ListenerPolicy): boolean {
  return (
    spec.access?.allow !== undefined ||
    [...tenants.values()].some(({ tools }) => tools !== null) ||
    routes.some((route) => {
      const { access } = routeSpec(route);
      return access !== undefined && access !== false && access.allow !== undefined;
    })
  );
}

/**
 * Envoy looks for a route before the message is read, and again after it. The first one says whether a token is asked for: an open route
 * would open those of single tools too.
 */
function authProblems({ spec, mcp, routes }: ListenerPolicy, state: DesiredState): Problem[] {
  if (spec.jwt === undefined || mcp === null) return [];
  const specs = routes.map((route) => ({ name: route.name, route: routeSpec(route) }));
  const open = specs.filter(({ route }) => !route.auth && routeTraits(route, state).mcp);
  const guarded = specs.filter(
    ({ route }) => route.auth && routesByTool(route) && listOf(route.match.tools).length > 0,
  );
  if (open.length === 0) return [];
  return guarded.map(({ name }) => ({
    severity: 'error',
    rule: 'auth-by-tool',
    path: `routes/${name}.auth`,
    message: `calls of its tools reach it by way of route "${open[0]?.name}", which asks for no token`,
    hint: 'Ask for a token on every route of MCP, or put those without on a listener of their own.',
  }));
}
