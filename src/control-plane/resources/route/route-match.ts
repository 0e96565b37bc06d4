import { listOf, type RouteMatch } from '../../desired-state/match.ts';
import { type ToolSource, toolRouteMatch } from '../filters/tool-match.ts';
import { anyOf, headerMatch, queryMatch } from '../filters/value-match.ts';

type Json = Record<string, unknown>;

/** Which requests a route takes, as `RouteMatch`. `tools` in place of those of the spec; `tenantIds`: what the tenant header may have. */
export function routeMatch(
  match: RouteMatch,
  context: {
    readonly tools: readonly string[];
    readonly source: ToolSource;
    readonly tenantHeader: string | null;
    readonly tenantIds: readonly string[];
  },
): Json {
  const methods = listOf(match.methods);
  const tools = context.tools.length === 0 ? {} : toolRouteMatch(context.tools, context.source);
  const headers = [
    ...Object.entries(match.headers ?? {}).map(([name, condition]) => headerMatch(name, condition)),
    ...(methods.length === 0 ? [] : [{ name: ':method', string_match: anyOf(methods) }]),
    ...tenantMatch(match, context),
    ...(tools.headers ?? []),
  ];
  const query = Object.entries(match.query ?? {}).map(([name, condition]) => queryMatch(name, condition));
  return {
    ...pathMatch(match),
    ...(headers.length === 0 ? {} : { headers }),
    ...(query.length === 0 ? {} : { query_parameters: query }),
    ...(match.grpc === true ? { grpc: {} } : {}),
    ...(tools.dynamic_metadata === undefined ? {} : { dynamic_metadata: tools.dynamic_metadata }),
  };
}

function pathMatch({ path, regex, prefix = '/' }: RouteMatch): Json {
  if (path !== undefined) return { path };
  return regex === undefined ? { prefix } : { safe_regex: { regex } };
}

/** A route for tenants that nobody can be is one that takes nothing. */
function tenantMatch(
  match: RouteMatch,
  { tenantHeader, tenantIds }: { readonly tenantHeader: string | null; readonly tenantIds: readonly string[] },
): Json[] {
  if (match.tenants === undefined) return [];
  if (tenantHeader === null || tenantIds.length === 0) return [{ name: ':method', string_match: { exact: 'NONE' } }];
  return [{ name: tenantHeader, string_match: anyOf(tenantIds) }];
}
