import type { Caller } from './caller.ts';
import type { ToolContext } from './tool.ts';

/** Offers the values of one template variable or prompt argument that start with what was typed and the caller may see. At most 100, best first. */
export type Completer = (typed: string, others: Record<string, string>, caller: Caller) => Promise<string[]>;

/** What a page asks of the client that shows it. */
export interface PageWishes {
  /** Whether the client draws a border around it. */
  readonly border: boolean;
  /** Whether it copies to the clipboard. */
  readonly copies: boolean;
}

/** A resource template or a fixed resource (`uriTemplate` without variables). Contents are JSON, save for `RawContents`. */
export interface Resource {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  /** RFC 6570, simple `{variable}` expansion only. */
  readonly uriTemplate: string;
  readonly mimeType: string;
  /** How a client shows a page of the type `text/html;profile=mcp-app` (MCP Apps). It may load nothing from anywhere. */
  readonly page?: PageWishes;
  /** Concrete URIs for resources/list; none when there are too many to be useful. */
  readonly list?: (context: ToolContext) => Promise<Array<{ uri: string; name: string; description?: string }>>;
  readonly complete?: Readonly<Record<string, Completer>>;
  /**
   * Calls `changed` whenever what the resource says to this caller may have changed, until the returned function is called.
   * Absent for what does not change. Errors: `resource_exhausted` when too much is watched already.
   */
  readonly watch?: (variables: Record<string, string>, caller: Caller, changed: () => void) => () => void;
  readonly read: (variables: Record<string, string>, context: ToolContext) => Promise<unknown>;
}
