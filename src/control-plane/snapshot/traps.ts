import type { MessageVisitor } from '../descriptors/message-encoder.ts';
import { LISTENER_TRAPS } from './listener-traps.ts';
import { MCP_TRAPS } from './mcp-traps.ts';
import { ROUTE_TRAPS } from './route-traps.ts';
import { UPSTREAM_TRAPS } from './upstream-traps.ts';

/** Visitors that report what Envoy refuses, or what does not do what it looks like, within one message. */
export const TRAP_VISITORS: ReadonlyArray<readonly [message: string, visitor: MessageVisitor]> = [
  ...ROUTE_TRAPS,
  ...UPSTREAM_TRAPS,
  ...LISTENER_TRAPS,
  ...MCP_TRAPS,
];
