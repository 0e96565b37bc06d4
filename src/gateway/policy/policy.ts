import type { Caller, Scope } from '../../kernel/caller.ts';
import { HeadgateError } from '../../kernel/errors.ts';
import { nearest } from '../../kernel/nearest.ts';
import type { Decision, PolicyPort } from '../../kernel/policy.ts';
import type { Risk, Tool } from '../../kernel/tool.ts';

/** The surface policy as configured. */
export interface PolicySettings {
  /** Tools outside these sets are not listed; they can still be called by name. Absent: every tool is listed. */
  readonly toolsets?: readonly string[] | undefined;
  /** Takes `write` and `destructive` tools away from every caller. */
  readonly readOnly: boolean;
}

/** The scope that each risk needs. What destroys needs an approval of the very payload besides, whoever calls. */
const SCOPE_OF: Readonly<Record<Risk, Scope>> = { read: 'read', write: 'write', destructive: 'write' };

/**
 * Which tools are listed and which may be called, for the whole gateway.
 *
 * Errors: `invalid_argument` when `toolsets` names a set that no tool is in.
 */
export function createPolicy(settings: PolicySettings, tools: readonly Tool[]): PolicyPort {
  const listed = settings.toolsets === undefined ? undefined : new Set(settings.toolsets);
  if (listed !== undefined) requireKnownToolsets(listed, tools);
  const decide = (caller: Caller, tool: Tool, input?: unknown): Decision => {
    const risk = riskOfCall(tool, input);
    if (settings.readOnly && risk !== 'read') {
      return {
        kind: 'deny',
        reason: `The tool ${tool.name} changes something, and this gateway is read-only.`,
        hint: 'Set read_only to false in the configuration to allow it.',
      };
    }
    return requireScope(caller, SCOPE_OF[risk], `The tool ${tool.name}`);
  };
  return {
    decide,
    decideRead: (caller, what) => requireScope(caller, 'read', what),
    lists: (caller, tool) =>
      decide(caller, tool).kind === 'allow' &&
      (tool.audience !== 'view' || caller.abilities.views === true) &&
      (listed === undefined || tool.toolsets.some((toolset) => listed.has(toolset))),
  };
}

/** Where the payload decides and is not known yet, the least that a call may do. */
function riskOfCall({ risk, riskOf }: Tool, input: unknown): Risk {
  if (riskOf === undefined) return risk;
  return input === undefined ? 'read' : riskOf(input);
}

/** Scopes do not contain one another: `admin` alone reads nothing. */
function requireScope({ scopes }: Caller, scope: Scope, what: string): Decision {
  if (scopes.has(scope)) return { kind: 'allow' };
  return {
    kind: 'deny',
    scope,
    reason: `${what} needs the scope ${scope}, which the caller does not have.`,
    hint: `Call it as somebody who has the scope ${scope}.`,
  };
}

/** The error of a denied call. `details.required_scope` names the scope that is missing. Does nothing when it is allowed. */
export function enforce(decision: Decision): void {
  if (decision.kind === 'allow') return;
  const { reason, hint, scope } = decision;
  const details = scope === undefined ? {} : { details: { required_scope: scope } };
  throw new HeadgateError('permission_denied', reason, { hint, ...details });
}

function requireKnownToolsets(wanted: ReadonlySet<string>, tools: readonly Tool[]): void {
  const known = new Set(tools.flatMap((tool) => tool.toolsets));
  for (const toolset of wanted) {
    if (known.has(toolset)) continue;
    const offers = nearest(toolset, known);
    throw new HeadgateError('invalid_argument', `toolsets: there is no toolset ${JSON.stringify(toolset)}.`, {
      hint: `Use ${(offers.length > 0 ? offers : [...known].sort()).join(', ')}.`,
    });
  }
}
