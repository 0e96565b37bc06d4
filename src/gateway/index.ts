/** The front door: every tool, resource and prompt of the connectors over MCP, REST and the command line. */
export type { CallOptions, ToolResult } from './calls/call-tool.ts';
export type { ToolDescription } from './calls/describe-tool.ts';
export { localCaller } from './calls/local-caller.ts';
export { createGateway, type Gateway, type GatewayOptions, type ListenOptions } from './gateway.ts';
export type { Listening } from './http/listen.ts';
export type { Probe } from './http/readiness.ts';
export type { StdioConnection } from './mcp/stdio.ts';
export type { PolicySettings } from './policy/policy.ts';
export { createLogger, type LogLevel } from './telemetry/logger.ts';
export { createMetrics, type Metrics } from './telemetry/metrics.ts';
