import { z } from 'zod';
import { HttpPath, ObjectName, Text } from './fields.ts';
import { checkFormat } from './format-text.ts';

/** Longest regular expression that is taken, characters. */
const MAX_REGEX_LENGTH = 2048;
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'CONNECT'] as const;

/** A regular expression in the syntax of RE2; the whole value must match. */
export const Regex = z
  .string()
  .min(1, 'must not be empty')
  .max(MAX_REGEX_LENGTH, `must be ${MAX_REGEX_LENGTH} characters at most`);

/** Name of a header of HTTP; case does not matter. */
export const HeaderName = z
  .string()
  .regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,200}$/, 'must be the name of a header, as x-tenant');

/** Value of a header: printable, on one line. */
export const HeaderValue = z
  .string()
  .max(8192)
  .regex(/^\P{Cc}*$/u, 'must be one line without control characters')
  .superRefine(checkFormat);

/** Name of a tool of MCP. */
export const ToolName = z
  .string()
  .regex(/^[!-~](?:[ -~]{0,198}[!-~])?$/, 'must be the name of a tool: 1 to 200 printable ASCII characters');

/** A host as clients name it, without a port: `api.example.com`, `*.example.com`, `api.*`, `*`. */
export const Domain = z
  .string()
  .max(253)
  .regex(
    /^(?:\*|(?:\*[.-])?[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?|[A-Za-z0-9_](?:[A-Za-z0-9_.-]*)[.-]\*|\[[0-9A-Fa-f:.]+\])$/,
    'must be a host, as api.example.com or *.example.com, without a port',
  );

/** One value, or several of which any will do. */
const someOf = <Item extends z.ZodType>(item: Item) => z.union([item, z.array(item).min(1, 'must name one at least')]);

/** How a value must be: exactly this text, or one condition of these. */
export const ValueMatch = z.union([
  z.string(),
  z
    .strictObject({
      exact: z.string().optional(),
      prefix: Text.optional(),
      suffix: Text.optional(),
      contains: Text.optional(),
      regex: Regex.optional(),
      /** It is there, or is not. */
      present: z.boolean().optional(),
      /** Turns the condition round. */
      not: z.boolean().optional(),
      ignore_case: z.boolean().optional(),
    })
    .refine(
      ({ not: _not, ignore_case: _case, ...conditions }) => Object.keys(conditions).length === 1,
      'must have one condition of exact, prefix, suffix, contains, regex and present',
    ),
]);
export type ValueMatch = z.infer<typeof ValueMatch>;

/**
 * Which requests a route takes: those for which all of it is true. Without a path, every path.
 */
export const RouteMatch = z
  .strictObject({
    /** What the path begins with. `/mcp` takes `/mcp`, `/mcp/x` and `/mcpx`; `/mcp/` does not take `/mcp`. */
    prefix: HttpPath.optional(),
    /** The path exactly, without its query. */
    path: HttpPath.optional(),
    /** The whole path, without its query, in the syntax of RE2. */
    regex: Regex.optional(),
    headers: z.record(HeaderName, ValueMatch).optional(),
    query: z
      .record(Text, ValueMatch)
      .refine(
        (query) => !Object.values(query).some((condition) => typeof condition === 'object' && condition.not === true),
        'cannot be turned round with not: Envoy has that for headers only',
      )
      .optional(),
    methods: someOf(z.enum(METHODS)).optional(),
    /**
     * Calls of these tools only. Told by `Mcp-Name`, and where Envoy's MCP filter is on by the message itself, so that 2025-era
     * clients, which send no such header, are told too.
     */
    tools: someOf(ToolName).optional(),
    /** Requests of these tenants only; the listener must tell tenants apart. */
    tenants: someOf(ObjectName).optional(),
    /** gRPC only. */
    grpc: z.boolean().optional(),
  })
  .refine(
    ({ prefix, path, regex }) => [prefix, path, regex].filter((one) => one !== undefined).length <= 1,
    'must have one of prefix, path and regex at most',
  );
export type RouteMatch = z.infer<typeof RouteMatch>;

/** The items of a field that takes one or several. */
export function listOf<Item>(value: Item | readonly Item[] | undefined): readonly Item[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value as Item];
}
