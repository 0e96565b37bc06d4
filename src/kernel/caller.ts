/** What a caller may do. Without authentication a caller has `read` and `write`. */
export type Scope = 'read' | 'write' | 'admin';

/** What the client at the other end can do beyond calling tools. */
export interface ClientAbilities {
  readonly elicitation: boolean;
  readonly sampling?: boolean;
  readonly roots?: boolean;
  /** Shows pages of the server beside results (MCP Apps). */
  readonly views?: boolean;
  readonly progress: boolean;
  readonly tasks: boolean;
}

/** Who calls. Handlers see a caller, never a transport or a token. */
export interface Caller {
  readonly subject: string;
  readonly tenant: string;
  readonly scopes: ReadonlySet<Scope>;
  readonly via: 'mcp-http' | 'mcp-stdio' | 'rest' | 'cli';
  readonly abilities: ClientAbilities;
}

/** The tenant of the embedded store. */
export const LOCAL_TENANT = 'local';
