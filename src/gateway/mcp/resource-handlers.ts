import {
  type ListResourcesResult,
  type ListResourceTemplatesResult,
  type ReadResourceResult,
  ResourceNotFoundError,
} from '@modelcontextprotocol/server';
import { RawContents } from '../../kernel/content.ts';
import { HeadgateError } from '../../kernel/errors.ts';
import type { Output, ToolContext } from '../../kernel/tool.ts';
import { fitResult, HARD_LIMIT_TOKENS, requireFit } from '../budget/fit-result.ts';
import { listPage } from './list-page.ts';
import { explain, toProtocolError } from './protocol-error.ts';
import type { RequestContext } from './request-context.ts';
import type { ServedResource, Surface } from './surface.ts';
import { pageMeta } from './views.ts';
import { toResourceContents } from './wire-content.ts';

/** Answers resources/list: fixed resources, and what templates enumerate. */
export async function listResources(
  surface: Surface,
  { caller, options }: RequestContext,
  cursor: string | undefined,
): Promise<ListResourcesResult> {
  const found = await Promise.all(
    surface.resources.map(async ({ resource, pattern }) => {
      const { name, title, description, mimeType, uriTemplate, list, page } = resource;
      if (list === undefined)
        return pattern.variables.length === 0
          ? [{ uri: uriTemplate, name, title, description, mimeType, ...pageMeta(page) }]
          : [];
      const listed = await surface.calls
        .perform('resources/list', { name }, caller, options, list)
        .catch(toProtocolError);
      return listed.map((entry) => ({ mimeType, ...entry }));
    }),
  );
  const { items, ...next } = listPage(found.flat(), cursor, surface.pageSize);
  return { resources: items, ...next };
}

/** Answers resources/templates/list. */
export function listResourceTemplates(surface: Surface, cursor: string | undefined): ListResourceTemplatesResult {
  const templates = surface.resources
    .filter(({ pattern }) => pattern.variables.length > 0)
    .map(({ resource: { name, title, description, mimeType, uriTemplate } }) => ({
      name,
      title,
      description,
      mimeType,
      uriTemplate,
    }));
  const { items, ...next } = listPage(templates, cursor, surface.pageSize);
  return { resourceTemplates: items, ...next };
}

/** Answers resources/read with JSON text, cut to the hard limit like a tool's result. */
export async function readResource(
  surface: Surface,
  { caller, options }: RequestContext,
  uri: string,
): Promise<ReadResourceResult> {
  const { resource, variables } = findResource(surface.resources, uri);
  const work = async (context: ToolContext): Promise<string | Uint8Array> => {
    const contents = await resource.read(variables, context);
    if (contents instanceof RawContents) return contents.contents;
    const fitted = fitResult(contents as Output, { limit: HARD_LIMIT_TOKENS, takesCursor: false });
    requireFit(uri, fitted);
    return fitted.json;
  };
  const contents = await surface.calls
    .perform('resources/read', { uri }, caller, options, work)
    .catch((error: unknown) => {
      if (error instanceof HeadgateError && error.code === 'not_found')
        throw new ResourceNotFoundError(uri, explain(error));
      return toProtocolError(error);
    });
  return { contents: [{ ...toResourceContents(uri, resource.mimeType, contents), ...pageMeta(resource.page) }] };
}

function findResource(resources: readonly ServedResource[], uri: string) {
  for (const { resource, pattern } of resources) {
    const variables = pattern.match(uri);
    if (variables !== undefined) return { resource, variables };
  }
  throw new ResourceNotFoundError(uri, `No resource of this server has the URI ${JSON.stringify(uri.slice(0, 200))}.`);
}
