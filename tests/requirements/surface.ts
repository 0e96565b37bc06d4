import type { Requirement } from './requirement.ts';

/** What the product as a whole promises on its surface: the real tools behind the real gateway, store and engine. */
export const requirements = [
  {
    id: 'surface.golden-list',
    behaviour: 'tools/list, prompts/list and the resource templates of the product are a golden file.',
    source: 'style: Tests',
  },
  {
    id: 'surface.token-cost',
    behaviour:
      'tools/list costs at most 10,000 o200k tokens for the Spark history, and 16,000 for everything that is there without configuration.',
    source: 'issue: Gateway',
  },
  {
    id: 'surface.every-tool-answers',
    behaviour:
      'Every tool answers about a real application to clients of both eras, with structured content and a text form within the budget.',
    source: 'issue: Gateway; issue: Tools',
  },
  {
    id: 'surface.planted-instructions-quoted',
    behaviour:
      'Instructions planted in job descriptions, exceptions and SQL reach a client only inside quotation marks.',
    source: 'issue: Gateway',
  },
  {
    id: 'surface.new-logs-told',
    behaviour: 'Clients that can be notified are told when a source has other logs than before.',
    source: 'issue: Gateway',
  },
  {
    id: 'surface.golden-sessions',
    behaviour: 'Queries, changes, approvals and mistakes read as recorded, for clients of every era.',
    source: 'issue: Shown by',
  },
] as const satisfies readonly Requirement[];
