import type { Content } from '../../kernel/content.ts';
import { estimateTokens } from '../../kernel/estimate-tokens.ts';
import type { Operation } from '../../kernel/operation.ts';
import type { Output, Tool } from '../../kernel/tool.ts';
import { DEFAULT_LIMIT_TOKENS, type Fitted, fitResult, HARD_LIMIT_TOKENS, requireFit } from '../budget/fit-result.ts';
import { renderOutput } from './render-text.ts';

/** A result as every face hands it out. */
export interface ToolResult {
  readonly output: Output;
  /** `output` as JSON text. */
  readonly json: string;
  /** The short text form. */
  readonly text: string;
  /** What MCP clients show in place of the text. */
  readonly content?: readonly Content[];
  /** What the call goes on as: its result was not there in time. `output` then tells of it. */
  readonly operation?: Operation;
  /** What the store could not keep of this call, a sentence; absent when it kept everything. The text ends with it. */
  readonly unstored?: string;
}

/** Parameters by which a caller says how much it wants. */
const SIZE_PARAMETERS = ['length', 'limit', 'top_n'];

/** What a handler gave, checked against the tool's own schema and cut to its budget. Errors: `TypeError` for what is our bug; those of `requireFit`. */
export function fitToolOutput(tool: Tool, args: unknown, raw: Output): Fitted {
  const fitted = fitResult(checkedOutput(tool, raw), {
    limit: limitFor(tool, args),
    takesCursor: 'cursor' in tool.input.shape,
  });
  if (tool.audience !== 'view') requireFit(tool.name, fitted);
  return fitted;
}

/** A result that fits its budget, as every face hands it out. */
export function presentResult(tool: Tool, fitted: Fitted): ToolResult {
  const content = tool.content === undefined ? {} : { content: tool.content(fitted.output) };
  return { output: fitted.output, json: fitted.json, text: textOf(tool, fitted), ...content };
}

function checkedOutput(tool: Tool, raw: Output): Output {
  const parsed = tool.output.safeParse(raw);
  if (parsed.success) return parsed.data;
  throw new TypeError(`${tool.name} returned what its own schema refuses: ${parsed.error.message}`);
}

/** No limit for what no model reads. The default limit holds where the caller can get the rest, by cursor or by saying how much it wants, and did not say it. */
function limitFor({ input: { shape }, audience }: Tool, args: unknown): number {
  if (audience === 'view') return Number.POSITIVE_INFINITY;
  const sizes = SIZE_PARAMETERS.filter((name) => name in shape);
  const said = sizes.some((name) => typeof args === 'object' && args !== null && name in args);
  const canGoOn = sizes.length > 0 || 'cursor' in shape;
  return canGoOn && !said ? DEFAULT_LIMIT_TOKENS : HARD_LIMIT_TOKENS;
}

function textOf(tool: Tool, { output, cuts }: Fitted): string {
  const text = tool.renderText?.(output) ?? renderOutput(output);
  const whole = cuts.length === 0 ? text : `${text}\n\n${cuts.join(' ')}`;
  let kept = whole;
  for (let tokens = estimateTokens(kept); tokens > HARD_LIMIT_TOKENS; tokens = estimateTokens(kept)) {
    kept = kept.slice(0, Math.floor((kept.length * HARD_LIMIT_TOKENS * 0.95) / tokens));
  }
  if (kept === whole) return whole;
  const open = kept.lastIndexOf('«') > kept.lastIndexOf('»');
  return `${kept}…${open ? '»' : ''} [${whole.length - kept.length} more characters: see the structured content]`;
}

/** Below what clients wait for one call. Seconds. */
const ASK_AGAIN_S = 20;

/** What a caller is told whose call goes on as an operation. */
export function presentOperation(operation: Operation): ToolResult {
  const { id, state, progress, title } = operation;
  const hint = `get_operation with operation_id=${id} and wait_s=${ASK_AGAIN_S} waits for its result; cancel_operation ends it.`;
  const output = { operation: { id, state, progress, hint } };
  const far = progress?.total === undefined ? '' : `, ${Math.floor((100 * progress.done) / progress.total)} % done`;
  const text = `${title}: it takes longer and goes on as the operation ${id} (${state}${far}).\n${hint}`;
  return { output, json: JSON.stringify(output), text, operation };
}
