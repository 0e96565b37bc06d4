import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { HeadgateError } from '../../../src/kernel/errors.ts';
import { bindTool, defineTool, type Tool } from '../../../src/kernel/tool.ts';

const MAX_SECONDS = 600;
/** So long that no client waits for it, so short that a suite does. Milliseconds. */
const JOB_MS = 1_000;

const text = z.object({ text: z.string() });
const renderText = (output: { text: string }) => output.text;
const long = { title: () => 'a job of the public suite', repeatable: false } as const;

/** The tools that the public suite asks about tasks. */
export const taskTools: readonly Tool[] = [
  bindTool(
    defineTool<object>()({
      name: 'greet',
      title: 'Greet',
      description: 'Greets at once.',
      risk: 'read',
      toolsets: ['test'],
      input: z.object({ name: z.string() }),
      output: text,
      handler: async ({ name }) => ({ text: `Hello, ${name}!` }),
      renderText,
    }),
    {},
  ),
  bindTool(
    defineTool<object>()({
      name: 'slow_compute',
      title: 'Compute slowly',
      description: 'Takes as many seconds as it is told.',
      risk: 'read',
      toolsets: ['test'],
      input: z.object({ seconds: z.number().min(0).max(MAX_SECONDS), label: z.string().default('') }),
      output: text,
      long,
      async handler({ seconds, label }, { signal }) {
        if (seconds > 0) await pause(seconds * 1000, undefined, { signal });
        return { text: `Computed ${label} for ${seconds} s.` };
      },
      renderText,
    }),
    {},
  ),
  failing('failing_job', () => new HeadgateError('aborted', 'The job failed.')),
  failing('protocol_error_job', () => new TypeError('a bug')),
];

function failing(name: string, error: () => Error): Tool {
  return bindTool(
    defineTool<object>()({
      name,
      title: name,
      description: 'Fails after a second.',
      risk: 'read',
      toolsets: ['test'],
      input: z.object({}),
      output: text,
      long,
      async handler() {
        await pause(JOB_MS);
        throw error();
      },
    }),
    {},
  );
}
