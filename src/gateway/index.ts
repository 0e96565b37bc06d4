/** The front door: every tool, resource and prompt of the connectors over MCP, REST and the command line. */
export { createRecognizeCaller, type RecognizeCaller } from './auth/recognize-caller.ts';
export { localCaller } from './calls/local-caller.ts';
export { createGateway, type Gateway, type GatewayOptions } from './gateway.ts';
export { checkFrontDoor } from './health.ts';
export type { Listening } from './http/listen.ts';
export type { Probe } from './http/part-health.ts';
export { createOwnConnector } from './operations/connector.ts';
export { createOperations, type Operations } from './operations/operations.ts';
export { problemOf } from './rest/problem.ts';
export { createLogger } from './telemetry/logger.ts';
export { createMetrics } from './telemetry/metrics.ts';
export { createTracing } from './telemetry/tracing.ts';
