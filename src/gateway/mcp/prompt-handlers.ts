import {
  type CompleteRequest,
  type CompleteResult,
  type GetPromptResult,
  type ListPromptsResult,
  ProtocolError,
  ProtocolErrorCode,
} from '@modelcontextprotocol/server';
import type { Caller } from '../../kernel/caller.ts';
import { HeadgateError } from '../../kernel/errors.ts';
import { nearest } from '../../kernel/nearest.ts';
import type { Prompt } from '../../kernel/prompt.ts';
import type { Completer } from '../../kernel/resource.ts';
import { enforce } from '../policy/policy.ts';
import { listPage } from './list-page.ts';
import { toProtocolError } from './protocol-error.ts';
import type { RequestContext } from './request-context.ts';
import type { Surface } from './surface.ts';
import { toContentBlock } from './wire-content.ts';

/** Most values of one completion (MCP, utilities/completion). */
const MAX_COMPLETIONS = 100;

/** Answers prompts/list. */
export function listPrompts(surface: Surface, cursor: string | undefined): ListPromptsResult {
  const prompts = [...surface.prompts.values()].map(({ name, title, description, arguments: declared }) => ({
    name,
    title,
    description,
    arguments: declared.map((argument) => ({
      name: argument.name,
      description: argument.description,
      required: argument.required,
    })),
  }));
  const { items, ...next } = listPage(prompts, cursor, surface.pageSize);
  return { prompts: items, ...next };
}

/** Answers prompts/get. Errors: invalid params for an unknown prompt, a missing argument, or one that the prompt does not have; `InputNeeded`. */
export async function getPrompt(
  surface: Surface,
  { caller, options }: RequestContext,
  params: { name: string; arguments?: Record<string, string> | undefined },
): Promise<GetPromptResult> {
  const prompt = findPrompt(surface, params.name);
  const values = params.arguments ?? {};
  requireArguments(prompt, values);
  const rendered = await surface.calls
    .perform(`prompts/get`, params, caller, options, (context) => prompt.render(values, context))
    .catch(toProtocolError);
  const messages: GetPromptResult['messages'] =
    typeof rendered === 'string'
      ? [{ role: 'user', content: { type: 'text', text: rendered } }]
      : rendered.map(({ role, content }) => ({ role, content: toContentBlock(content) }));
  return { description: prompt.description, messages };
}

/** Answers completion/complete for a prompt's argument or a resource template's variable; nothing is offered where nothing is known. */
export async function complete(
  surface: Surface,
  caller: Caller,
  params: CompleteRequest['params'],
): Promise<CompleteResult> {
  const { ref, argument, context } = params;
  const completer =
    ref.type === 'ref/prompt'
      ? promptCompleter(surface, ref.name, argument.name)
      : resourceCompleter(surface, ref.uri, argument.name);
  const values = await offer(surface, completer, argument.value, context?.arguments ?? {}, caller);
  return {
    completion: {
      values: values.slice(0, MAX_COMPLETIONS),
      total: values.length,
      hasMore: values.length > MAX_COMPLETIONS,
    },
  };
}

/** Completions come with every keystroke: they are not audited, but they fail as calls do. */
async function offer(
  surface: Surface,
  completer: Completer | undefined,
  typed: string,
  others: Record<string, string>,
  caller: Caller,
): Promise<string[]> {
  try {
    enforce(surface.policy.decideRead(caller, 'completion/complete'));
    return completer === undefined ? [] : await completer(typed, others, caller);
  } catch (error) {
    return toProtocolError(
      error instanceof HeadgateError ? error : surface.calls.failure(error, 'completion/complete'),
    );
  }
}

function promptCompleter(surface: Surface, name: string, argument: string): Completer | undefined {
  return findPrompt(surface, name).arguments.find((declared) => declared.name === argument)?.complete;
}

function resourceCompleter(surface: Surface, uri: string, variable: string): Completer | undefined {
  const served = surface.resources.find(({ resource }) => resource.uriTemplate === uri);
  if (served === undefined) throw invalid(`There is no resource template ${JSON.stringify(uri.slice(0, 200))}.`);
  return served.resource.complete?.[variable];
}

function findPrompt(surface: Surface, name: string): Prompt {
  const prompt = surface.prompts.get(name);
  if (prompt !== undefined) return prompt;
  const offers = nearest(name, surface.prompts.keys());
  const hint = offers.length > 0 ? ` Did you mean ${offers.join(' or ')}?` : '';
  throw invalid(`There is no prompt ${JSON.stringify(name.slice(0, 80))}.${hint}`);
}

function requireArguments(prompt: Prompt, values: Record<string, string>): void {
  const declared = prompt.arguments.map((argument) => argument.name);
  const unknown = Object.keys(values).find((name) => !declared.includes(name));
  if (unknown !== undefined)
    throw invalid(
      `${prompt.name} has no argument ${JSON.stringify(unknown.slice(0, 80))}; it has ${declared.join(', ') || 'none'}.`,
    );
  const missing = prompt.arguments.find((argument) => argument.required && !(argument.name in values));
  if (missing !== undefined) throw invalid(`${prompt.name} needs the argument ${missing.name}: ${missing.description}`);
}

function invalid(message: string): ProtocolError {
  return new ProtocolError(ProtocolErrorCode.InvalidParams, message);
}
