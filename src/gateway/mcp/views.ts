import type { ClientCapabilities } from '@modelcontextprotocol/server';
import type { PageWishes } from '../../kernel/resource.ts';
import type { Tool } from '../../kernel/tool.ts';

/** The extension by which clients say that they show pages. Source: MCP Apps (SEP-1865), 2026-01-26. */
const EXTENSION = 'io.modelcontextprotocol/ui';

/** Type of the pages that they show. */
const PAGE_TYPE = 'text/html;profile=mcp-app';

/** Whether a client shows pages of this type. */
export function showsViews(capabilities: ClientCapabilities | undefined): boolean {
  const said: unknown = (capabilities as { extensions?: Record<string, unknown> } | undefined)?.extensions?.[EXTENSION];
  const { mimeTypes } = Object(said) as { mimeTypes?: unknown };
  return Array.isArray(mimeTypes) && mimeTypes.includes(PAGE_TYPE);
}

/** What tools/list says of a tool's page, and of a tool that pages alone call; undefined where there is neither. */
export function toolMeta({ view, audience }: Pick<Tool, 'view' | 'audience'>): Record<string, unknown> | undefined {
  if (audience === 'view') return { ui: { visibility: ['app'] } };
  // Clients from before 2026-01-26 read the flat key.
  return view === undefined ? undefined : { ui: { resourceUri: view }, 'ui/resourceUri': view };
}

/** What resources/list and resources/read say of a page. No domain is named: it loads nothing. */
export function pageMeta(page: PageWishes | undefined): { _meta?: Record<string, unknown> } {
  if (page === undefined) return {};
  const permissions = page.copies ? { permissions: { clipboardWrite: {} } } : {};
  return { _meta: { ui: { prefersBorder: page.border, ...permissions } } };
}
