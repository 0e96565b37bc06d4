import {
  type CallToolResult,
  type ListToolsResult,
  MissingRequiredClientCapabilityError,
} from '@modelcontextprotocol/server';
import type { Caller } from '../../kernel/caller.ts';
import { HeadgateError } from '../../kernel/errors.ts';
import type { Tool } from '../../kernel/tool.ts';
import type { ToolDescription } from '../calls/describe-tool.ts';
import { listPage } from './list-page.ts';
import type { RequestContext } from './request-context.ts';
import type { Surface } from './surface.ts';
import { taskResult } from './tasks.ts';
import { errorResult, successResult } from './tool-results.ts';
import { toolMeta } from './views.ts';

type ListedTool = ListToolsResult['tools'][number];

/** Answers tools/list: the tools that the policy lists, in the order of names. */
export function listTools(surface: Surface, caller: Caller, cursor: string | undefined): ListToolsResult {
  const listed = surface.catalog.entries
    .filter(({ tool }) => surface.policy.lists(caller, tool))
    .map(({ tool, description }) => (caller.abilities.views ? withView(tool, description) : wireFormOf(description)));
  const { items, ...next } = listPage(listed, cursor, surface.pageSize);
  return { tools: items, ...next };
}

const wireForms = new WeakMap<ToolDescription, ListedTool>();

/** Made once a tool: schemas are large, and tools/list is asked in every conversation. */
function wireFormOf(description: ToolDescription): ListedTool {
  const known = wireForms.get(description);
  if (known !== undefined) return known;
  const { risk: _risk, toolsets: _toolsets, ...rest } = description;
  const form = { ...rest, annotations: { ...rest.annotations } } as ListedTool;
  wireForms.set(description, form);
  return form;
}

const viewForms = new WeakMap<ToolDescription, ListedTool>();

/** For clients that show pages: what nobody else has a use for costs the others no tokens. */
function withView(tool: Tool, description: ToolDescription): ListedTool {
  const known = viewForms.get(description);
  if (known !== undefined) return known;
  const { title: _title, outputSchema: _output, ...least } = wireFormOf(description);
  const meta = toolMeta(tool);
  const form = {
    // Nobody reads of a tool that pages alone call, and some hosts list it all the same.
    ...(tool.audience === 'view'
      ? { ...least, annotations: { readOnlyHint: tool.risk === 'read' } }
      : wireFormOf(description)),
    ...(meta === undefined ? {} : { _meta: meta }),
  };
  viewForms.set(description, form);
  return form;
}

/** Answers tools/call. An error of the tool is a result with `isError` and the error's own object. Errors: `InputNeeded`, and the
 * protocol's own for a client that cannot do what the tool needs. */
export async function callTool(
  surface: Surface,
  { caller, options }: RequestContext,
  params: { name: string; arguments?: Record<string, unknown> | undefined },
): Promise<CallToolResult> {
  requireAbilities(surface, caller, params.name);
  try {
    const result = await surface.calls.callTool(params.name, params.arguments, caller, options);
    if (result.operation !== undefined && caller.abilities.tasks) return taskResult(surface, result.operation);
    return successResult(result);
  } catch (error) {
    if (error instanceof HeadgateError) return errorResult(error.toBody());
    throw error;
  }
}

function requireAbilities({ catalog }: Surface, { abilities }: Caller, name: string): void {
  if (!catalog.has(name)) return;
  const lacking = catalog.find(name).tool.requires?.filter((ability) => abilities[ability] !== true) ?? [];
  if (lacking.length === 0) return;
  const requiredCapabilities = Object.fromEntries(lacking.map((ability) => [ability, {}]));
  throw new MissingRequiredClientCapabilityError(
    { requiredCapabilities },
    `${name} needs a client with ${lacking.join(' and ')}.`,
  );
}
