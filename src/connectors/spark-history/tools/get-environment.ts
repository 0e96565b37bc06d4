import { z } from 'zod';
import { labelLog, quoteLog } from '../../../kernel/log-text.ts';
import { tableSchema, toTable } from '../../../kernel/table.ts';
import { gapsOf, gapsOutput } from '../gaps.ts';
import { applicationInput, count, optionalText, optionInput, pageOf, pagingInput } from '../parameters.ts';
import {
  ENVIRONMENT_SECTIONS,
  type EnvironmentProperty,
  environmentProperties,
  isRedacted,
  sectionSizes,
} from '../queries/environment.ts';
import { defineSparkTool, loadApplication } from '../spark-history.ts';

const COLUMNS = ['section', 'key', 'value'] as const;
const VALUE_CHARS = 200;
/** More than the usual 20: properties are short, and a configuration is read as a whole. */
const DEFAULT_PROPERTIES = 50;

export const getEnvironment = defineSparkTool({
  name: 'get_environment',
  title: 'Get the configuration of a Spark application',
  description:
    'Spark properties first, then the other sections; secrets are redacted. Narrow it with section or filter.',
  risk: 'read',
  toolsets: ['spark-history', 'spark-history-compact'],
  input: z.object({
    ...applicationInput,
    section: optionInput(ENVIRONMENT_SECTIONS),
    filter: optionalText().describe('Part of a key or value, any case'),
    ...pagingInput,
    length: count(DEFAULT_PROPERTIES).describe('Rows; 0: all'),
  }),
  output: z.object({
    server: z.string(),
    properties: tableSchema(COLUMNS),
    section_sizes: z.record(z.string(), z.number()),
    redacted_count: z.number(),
    gaps: gapsOutput,
  }),
  handler: async (input, context) => {
    const loaded = await loadApplication(input, context);
    const { environment } = loaded.application;
    const sections = input.section === undefined ? ENVIRONMENT_SECTIONS : [input.section];
    const properties = environmentProperties(environment, sections).filter((property) =>
      matches(property, input.filter),
    );
    return {
      server: loaded.server,
      properties: toTable(properties, pageOf(input), COLUMNS, ({ section, key, value }) => ({
        section,
        key: labelLog(key),
        value: quoteLog(value, VALUE_CHARS),
      })),
      section_sizes: sectionSizes(environment),
      redacted_count: properties.filter(isRedacted).length,
      gaps: gapsOf(loaded),
    };
  },
});

/** Looks at values after redaction only, so that a filter cannot be used to guess a secret. */
function matches({ key, value }: EnvironmentProperty, filter: string | undefined): boolean {
  if (filter === undefined) return true;
  const wanted = filter.toLowerCase();
  return key.toLowerCase().includes(wanted) || value.toLowerCase().includes(wanted);
}
