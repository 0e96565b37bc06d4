import type { Connector } from '../../kernel/connector.ts';
import { HeadgateError } from '../../kernel/errors.ts';
import { nearest } from '../../kernel/nearest.ts';
import type { Tool } from '../../kernel/tool.ts';
import { withConfirmToken } from './confirm-token.ts';
import { describeTool, type ToolDescription } from './describe-tool.ts';

/** A tool and its description, which is made once. */
export interface CatalogEntry {
  readonly tool: Tool;
  readonly description: ToolDescription;
}

/** Every tool of every connector, by name, in the order of names. */
export interface Catalog {
  readonly entries: readonly CatalogEntry[];
  /** Errors: `not_found` with the nearest names. */
  find(name: string): CatalogEntry;
  has(name: string): boolean;
}

/** Longest unknown tool name that an error repeats. */
const MAX_ECHOED_CHARS = 80;

/** Collects the tools. Errors: `internal` when two connectors bring the same name. */
export function createCatalog(connectors: readonly Connector[]): Catalog {
  const byName = new Map<string, CatalogEntry>();
  for (const tool of connectors.flatMap((connector) => connector.tools).map(withConfirmToken)) {
    if (byName.has(tool.name)) throw new HeadgateError('internal', `Two tools are named ${tool.name}.`);
    byName.set(tool.name, { tool, description: describeTool(tool) });
  }
  const entries = [...byName.values()].sort((a, b) => (a.tool.name < b.tool.name ? -1 : 1));
  return {
    entries,
    has: (name) => byName.has(name),
    find(name) {
      const entry = byName.get(name);
      if (entry !== undefined) return entry;
      const offers = nearest(name, byName.keys());
      throw new HeadgateError('not_found', `There is no tool ${JSON.stringify(name.slice(0, MAX_ECHOED_CHARS))}.`, {
        hint: offers.length > 0 ? `Did you mean ${offers.join(' or ')}?` : 'tools/list names every tool.',
        details: { nearest: offers },
      });
    },
  };
}
