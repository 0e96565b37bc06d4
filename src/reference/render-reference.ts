import { ERROR_MEANINGS, type ErrorCode, HeadgateError } from '../kernel/errors.ts';
import type { Prompt } from '../kernel/prompt.ts';
import type { Resource } from '../kernel/resource.ts';
import type { Tool } from '../kernel/tool.ts';
import { code, page, table } from './markdown.ts';
import { type PriceDefinition, renderPrices } from './price-page.ts';
import { type RuleDefinition, renderRules } from './rule-page.ts';
import { renderTools } from './tool-page.ts';

/** What the reference is made of. */
export interface Reference {
  readonly tools: readonly Tool[];
  readonly resources: readonly Resource[];
  readonly prompts: readonly Prompt[];
  /** Rules of the analysis, in the order in which they are shown. */
  readonly rules: readonly RuleDefinition[];
  readonly prices: readonly PriceDefinition[];
  /** HTTP status of each error code. */
  readonly statusOf: (code: ErrorCode) => number;
}

/** The pages of the reference by file name. The same definitions give the same bytes. */
export function renderReference(reference: Reference): Map<string, string> {
  const tools = byName(reference.tools);
  return new Map([
    ['README.md', renderIndex(tools)],
    ['tools.md', renderTools(tools)],
    ['resources.md', renderResources(byName(reference.resources))],
    ['prompts.md', renderPrompts(byName(reference.prompts))],
    ['rules.md', renderRules(reference.rules)],
    ['prices.md', renderPrices(reference.prices)],
    ['errors.md', renderErrors(reference.statusOf)],
  ]);
}

function byName<T extends { readonly name: string }>(items: readonly T[]): T[] {
  return [...items].sort((a, b) => (a.name < b.name ? -1 : 1));
}

function renderIndex(tools: readonly Tool[]): string {
  return page(
    '# Reference',
    `${tools.length} tools, the [resources](resources.md), the [prompts](prompts.md), the [rules](rules.md) of the analysis, the [prices](prices.md) and the [error codes](errors.md). The same tools answer over MCP, at \`POST /api/v1/tools/{name}\` and to \`headgate call\`.`,
    table(
      ['Tool', 'What it does', 'Risk'],
      tools.map(({ name, title, risk }) => [`[${code(name)}](tools.md#${name})`, title, code(risk)]),
    ),
  );
}

function renderResources(resources: readonly Resource[]): string {
  return page(
    '# Resources',
    'Read them over MCP. Contents are JSON.',
    table(
      ['URI', 'Name', 'What it is'],
      resources.map(({ uriTemplate, name, description }) => [code(uriTemplate), code(name), description]),
    ),
  );
}

function renderPrompts(prompts: readonly Prompt[]): string {
  const sections = prompts.map(({ name, title, description, arguments: declared }) =>
    [
      `## ${name}`,
      `${title}. ${description}`,
      table(
        ['Argument', 'Required', 'What it is'],
        declared.map((argument) => [code(argument.name), argument.required ? 'yes' : 'no', argument.description]),
      ),
    ].join('\n\n'),
  );
  return page(
    '# Prompts',
    'A prompt starts an investigation: it holds the facts of the run and the calls to make.',
    ...sections,
  );
}

function renderErrors(statusOf: Reference['statusOf']): string {
  const codes = Object.entries(ERROR_MEANINGS) as Array<[ErrorCode, string]>;
  return page(
    '# Error codes',
    'An error is one object everywhere: `code`, `message` (what is wrong), `hint` (what to do next), `retryable` (whether the same call can succeed later) and sometimes `details`. Over MCP it is a result with `isError`, over REST a problem document (RFC 9457), on the command line JSON with `--json`.',
    table(
      ['Code', 'HTTP', 'Retry', 'Meaning'],
      codes.map(([name, meaning]) => [
        code(name),
        String(statusOf(name)),
        new HeadgateError(name, '').retryable ? 'can help' : 'no',
        meaning,
      ]),
    ),
  );
}
