import { hasEnvoy } from '../../desired-state/proxy-group.ts';

export type EnvoyVersion = { readonly major: number; readonly minor: number };

const since = (minor: number) => (version: EnvoyVersion) => hasEnvoy(version, minor);

/**
 * What Envoy has since which version. Where the first version that has it was not found, it is the oldest that was seen to take it (1.36,
 * by `envoy --mode validate`, or the descriptors of go-control-plane/envoy).
 */
export const HAS = {
  /** `retry_on: reset-before-request`. */
  resetBeforeRequest: since(32),
  /** Statistics of single RBAC policies. */
  perRuleStats: since(32),
  /** `sourced_metadata` of RBAC. */
  sourcedMetadata: since(33),
  /** `envoy.http.stateful_session.envelope`. */
  envelope: since(35),
  /** `%PATH(NQ)%` and `%TRACE_ID%` in access logs. */
  logOperators: since(36),
  /** A status of one's own when the replica of a session is gone. */
  sessionStatus: since(38),
  /**
   * The MCP filter. 1.36 has it empty; that of 1.37 crashes on a JSON-RPC response, and that of 1.38 refuses those and stops reading before
   * the end of a message, so that a second `method` in it goes unseen. All seen by running them.
   */
  mcpFilter: since(39),
  /** `value` of a tag of spans, with the operators of access logs: seen with 1.40, not there in 1.36. */
  tagValue: since(40),
  /** The MCP filter can be switched off for a route, and compares headers with the message. */
  mcpNoop: since(40),
  mcpVerify: since(40),
  /** Local rate limits have their own list of what to count by. */
  embeddedRateLimits: since(36),
  /** `value` of a custom tag of spans. */
  tagValues: since(40),
  /** `enable_retry_after_header` of local rate limits. */
  retryAfter: since(40),
  /** Weighted clusters chosen by the hash policy. */
  weightedByHash: since(36),
} as const;
