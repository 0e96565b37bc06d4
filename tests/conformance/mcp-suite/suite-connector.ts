import { z } from 'zod';
import type { Connector } from '../../../src/kernel/connector.ts';
import { RawContents } from '../../../src/kernel/content.ts';
import { HeadgateError } from '../../../src/kernel/errors.ts';
import type { Prompt, PromptMessage } from '../../../src/kernel/prompt.ts';
import type { Resource } from '../../../src/kernel/resource.ts';
import { bindTool, defineTool, type Tool } from '../../../src/kernel/tool.ts';
import { askingTools } from './asking-tools.ts';
import { contentTools } from './content-tools.ts';
import { PIXEL } from './contents.ts';
import { taskTools } from './task-tools.ts';

const resource = (name: string, uriTemplate: string, mimeType: string, read: Resource['read']): Resource => ({
  name,
  title: name,
  description: `The ${name} of the public suite.`,
  uriTemplate,
  mimeType,
  read,
});

const resources: readonly Resource[] = [
  resource(
    'static-text',
    'test://static-text',
    'text/plain',
    async () => new RawContents('This is the content of the static text resource.'),
  ),
  resource('static-binary', 'test://static-binary', 'image/png', async () => new RawContents(PIXEL)),
  resource('watched-resource', 'test://watched-resource', 'text/plain', async () => new RawContents('watched')),
  resource('template', 'test://template/{id}/data', 'application/json', async ({ id }) => ({
    id,
    templateTest: true,
    data: `Data for ID: ${id}`,
  })),
];

const user = (content: PromptMessage['content']): PromptMessage => ({ role: 'user', content });

const prompt = (name: string, names: readonly string[], render: Prompt['render']): Prompt => ({
  name,
  title: name,
  description: `The prompt ${name} of the public suite.`,
  arguments: names.map((argument) => ({
    name: argument,
    description: argument,
    required: true,
    complete: async (typed: string) => ['paris', 'park', 'party'].filter((word) => word.startsWith(typed)),
  })),
  render,
});

const prompts: readonly Prompt[] = [
  prompt('test_simple_prompt', [], async () => 'This is a simple prompt for testing.'),
  prompt(
    'test_prompt_with_arguments',
    ['arg1', 'arg2'],
    async ({ arg1, arg2 }) => `Prompt with arguments: arg1='${arg1}', arg2='${arg2}'`,
  ),
  prompt('test_prompt_with_embedded_resource', ['resourceUri'], async ({ resourceUri = '' }) => [
    user({
      type: 'resource',
      uri: resourceUri,
      mimeType: 'text/plain',
      contents: 'Embedded resource content for testing.',
    }),
    user({ type: 'text', text: 'Please process the embedded resource above.' }),
  ]),
  prompt('test_prompt_with_image', [], async () => [
    user({ type: 'image', mimeType: 'image/png', bytes: PIXEL }),
    user({ type: 'text', text: 'Please analyze the image above.' }),
  ]),
  prompt('test_input_required_result_prompt', [], async (_values, { ask }) => {
    if (ask === undefined) throw new HeadgateError('failed_precondition', 'This client cannot be asked.');
    const form = z.object({ context: z.string() });
    const answer = await ask({ key: 'user_context', message: 'What context should the prompt use?', form });
    return `Context: ${answer.action === 'accept' ? answer.content.context : answer.action}`;
  }),
];

/** The schema that the suite wants to find again in the list of tools. */
const schemaTool: Tool = bindTool(
  defineTool<object>()({
    name: 'json_schema_2020_12_tool',
    title: 'JSON Schema 2020-12',
    description: 'Tool with JSON Schema 2020-12 features',
    risk: 'read',
    toolsets: ['mcp-suite'],
    input: z
      .object({
        name: z.string().optional(),
        address: z
          .object({ street: z.string().optional(), city: z.string().optional() })
          .meta({ id: 'address', $anchor: 'addressDef' })
          .optional(),
        contactMethod: z.enum(['phone', 'email']).optional(),
        phone: z.string().optional(),
        email: z.string().optional(),
      })
      .meta({
        $schema: 'https://json-schema.org/draft/2020-12/schema',
        allOf: [{ anyOf: [{ required: ['phone'] }, { required: ['email'] }] }],
        if: { properties: { contactMethod: { const: 'phone' } }, required: ['contactMethod'] },
        // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema.
        then: { required: ['phone'] },
        else: { required: ['email'] },
      }),
    output: z.object({ text: z.string() }),
    handler: async () => ({ text: 'valid' }),
  }),
  {},
);

/** What the public MCP conformance suite calls: tools, resources and prompts with the names and answers that it expects. */
export function createSuiteConnector(): Connector {
  return {
    id: 'mcp-suite',
    platform: 'test',
    tools: [...contentTools, ...askingTools, ...taskTools, schemaTool],
    resources,
    prompts,
    health: async () => [],
    close: async () => {},
  };
}
