import type { Caller, Scope } from './caller.ts';
import type { Tool } from './tool.ts';

/** What the policy says of one call. */
export type Decision =
  | { readonly kind: 'allow' }
  | {
      readonly kind: 'deny';
      readonly reason: string;
      readonly hint: string;
      /** The scope that the caller would need; absent when no scope would help. */
      readonly scope?: Scope;
    };

/** Decides before a handler runs. */
export interface PolicyPort {
  /** True when the tool is in the caller's list. A tool that is not listed can still be called by name. */
  lists(caller: Caller, tool: Tool): boolean;
  /** Of one call; without `input`, which has been checked, whether any call of the tool may be allowed. */
  decide(caller: Caller, tool: Tool, input?: unknown): Decision;
  /** Of everything that is read and is no tool: resources, prompts, completions, connector routes, metrics. `what` begins the reason. */
  decideRead(caller: Caller, what: string): Decision;
}
