import { z } from 'zod';
import type { ClientAbilities } from '../../../src/kernel/caller.ts';
import { HeadgateError } from '../../../src/kernel/errors.ts';
import type { Answer, FormQuestion, ModelQuestion, RootsQuestion } from '../../../src/kernel/question.ts';
import { type Asker, bindTool, defineTool, type Tool } from '../../../src/kernel/tool.ts';

/** A tool of the public suite that asks its client before it answers. */
function askingTool<I extends z.ZodObject>(
  name: string,
  input: I,
  work: (ask: Asker, values: z.output<I>, abilities: ClientAbilities) => Promise<string>,
  requires: Tool['requires'] = [],
): Tool {
  const definition = defineTool<object>()({
    name,
    title: name,
    description: 'Asks its client.',
    risk: 'read',
    toolsets: ['mcp-suite'],
    requires,
    input,
    output: z.object({ text: z.string() }),
    async handler(values, { ask, caller }) {
      if (ask === undefined) throw new HeadgateError('failed_precondition', 'This client cannot be asked.');
      return { text: await work(ask, values, caller.abilities) };
    },
    renderText: ({ text }) => text,
  });
  return bindTool(definition, {});
}

const NOTHING = z.object({});

/** The answer as the suite wants to read it. */
const tell = (answer: Answer): string =>
  `action=${answer.action}, content=${JSON.stringify(answer.action === 'accept' ? answer.content : {})}`;

const contentOf = (answer: Answer | undefined): Record<string, unknown> =>
  answer?.action === 'accept' ? answer.content : {};

const askForName: FormQuestion = {
  key: 'user_name',
  message: 'What is your name?',
  form: z.object({ name: z.string() }),
};
const confirm: FormQuestion = { key: 'confirm', message: 'Please confirm', form: z.object({ ok: z.boolean() }) };
const roots: RootsQuestion = { key: 'client_roots', roots: true };
const model = (key: string, prompt: string, maxTokens: number): ModelQuestion => ({ key, prompt, maxTokens });

const options = (names: readonly string[], titles: readonly string[]) =>
  names.map((name, index) => ({ const: name, title: titles[index] }));

/** Tools of the public suite that ask: a person, a model, for folders; once, several at once, in rounds. */
export const askingTools: readonly Tool[] = [
  askingTool('test_sampling', z.object({ prompt: z.string() }), async (ask, { prompt }) => {
    const answer = await ask(model('sampling', prompt, 100));
    return `LLM response: ${contentOf(answer).text}`;
  }),
  askingTool('test_elicitation', z.object({ message: z.string() }), async (ask, { message }) => {
    const form = z.object({
      username: z.string().describe("User's response"),
      email: z.string().describe("User's email address"),
    });
    return `User response: ${tell(await ask({ key: 'user', message, form }))}`;
  }),
  askingTool('test_elicitation_sep1034_defaults', NOTHING, async (ask) => {
    const form = {
      type: 'object' as const,
      properties: {
        name: { type: 'string', default: 'John Doe' },
        age: { type: 'integer', default: 30 },
        score: { type: 'number', default: 95.5 },
        status: { type: 'string', enum: ['active', 'inactive', 'pending'], default: 'active' },
        verified: { type: 'boolean', default: true },
      },
    };
    return `Elicitation completed: ${tell(await ask({ key: 'defaults', message: 'Check these values', form }))}`;
  }),
  askingTool('test_elicitation_sep1330_enums', NOTHING, async (ask) => {
    const plain = ['option1', 'option2', 'option3'];
    const values = ['value1', 'value2', 'value3'];
    const form = {
      type: 'object' as const,
      properties: {
        untitledSingle: { type: 'string', enum: plain },
        titledSingle: { type: 'string', oneOf: options(values, ['First Option', 'Second Option', 'Third Option']) },
        legacyEnum: {
          type: 'string',
          enum: ['opt1', 'opt2', 'opt3'],
          enumNames: ['Option One', 'Option Two', 'Option Three'],
        },
        untitledMulti: { type: 'array', items: { type: 'string', enum: plain } },
        titledMulti: {
          type: 'array',
          items: { anyOf: options(values, ['First Choice', 'Second Choice', 'Third Choice']) },
        },
      },
    };
    return `Elicitation completed: ${tell(await ask({ key: 'enums', message: 'Choose', form }))}`;
  }),
  askingTool('test_input_required_result_elicitation', NOTHING, async (ask) => {
    return `Hello, ${contentOf(await ask(askForName)).name}!`;
  }),
  askingTool('test_input_required_result_sampling', NOTHING, async (ask) => {
    const answer = await ask(model('capital_question', 'What is the capital of France?', 100));
    return String(contentOf(answer).text);
  }),
  askingTool('test_input_required_result_list_roots', NOTHING, async (ask) => {
    return `Roots: ${JSON.stringify(contentOf(await ask(roots)).roots)}`;
  }),
  askingTool('test_input_required_result_request_state', NOTHING, async (ask) => {
    return `state-ok ${tell(await ask(confirm))}`;
  }),
  askingTool('test_input_required_result_tampered_state', NOTHING, async (ask) => tell(await ask(confirm))),
  askingTool('test_input_required_result_multiple_inputs', NOTHING, async (ask) => {
    const answers = await ask.all([askForName, model('greeting', 'Generate a greeting', 50), roots]);
    return JSON.stringify(answers);
  }),
  askingTool('test_input_required_result_capabilities', NOTHING, async (ask, _values, abilities) => {
    const greeting = model('greeting', 'Generate a greeting', 50);
    const able = [...(abilities.elicitation ? [askForName] : []), ...(abilities.sampling ? [greeting] : [])];
    return JSON.stringify(await ask.all(able));
  }),
  askingTool('test_missing_capability', NOTHING, async () => 'The client has a model.', ['sampling']),
  askingTool('test_input_required_result_multi_round', NOTHING, async (ask) => {
    const step = (key: string, message: string, form: z.ZodObject) => ask({ key, message, form });
    const name = await step('step1', 'Step 1: What is your name?', z.object({ name: z.string() }));
    const color = await step('step2', 'Step 2: What is your favorite color?', z.object({ color: z.string() }));
    return `${contentOf(name).name} likes ${contentOf(color).color}`;
  }),
];
