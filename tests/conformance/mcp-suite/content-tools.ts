import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import type { Content } from '../../../src/kernel/content.ts';
import { HeadgateError } from '../../../src/kernel/errors.ts';
import { bindTool, defineTool, type Tool, type ToolContext } from '../../../src/kernel/tool.ts';
import { PIXEL, SILENCE } from './contents.ts';

type Work = (context: ToolContext) => Promise<string>;

/** A tool of the public suite without arguments: it answers with a text, or with contents. */
function plainTool(name: string, description: string, work: Work, content?: readonly Content[]): Tool {
  const definition = defineTool<object>()({
    name,
    title: name,
    description,
    risk: 'read',
    toolsets: ['mcp-suite'],
    input: z.object({}),
    output: z.object({ text: z.string() }),
    handler: async (_input, context) => ({ text: await work(context) }),
    renderText: ({ text }) => text,
    ...(content === undefined ? {} : { content: () => content }),
  });
  return bindTool(definition, {});
}

/** How long the suite wants a tool to be seen at work. Milliseconds. */
const STEP_MS = 50;

/** Tools of the public suite that answer with text, images, audio, documents, messages and progress. */
export const contentTools: readonly Tool[] = [
  plainTool('test_simple_text', 'Answers with text.', async () => 'This is a simple text response for testing.'),
  plainTool('test_image_content', 'Answers with an image.', async () => 'image', [
    { type: 'image', mimeType: 'image/png', bytes: PIXEL },
  ]),
  plainTool('test_audio_content', 'Answers with audio.', async () => 'audio', [
    { type: 'audio', mimeType: 'audio/wav', bytes: SILENCE },
  ]),
  plainTool('test_embedded_resource', 'Answers with a document.', async () => 'document', [
    {
      type: 'resource',
      uri: 'test://embedded-resource',
      mimeType: 'text/plain',
      contents: 'This is an embedded resource content.',
    },
  ]),
  plainTool('test_multiple_content_types', 'Answers with three kinds of content.', async () => 'mixed', [
    { type: 'text', text: 'Multiple content types test:' },
    { type: 'image', mimeType: 'image/png', bytes: PIXEL },
    {
      type: 'resource',
      uri: 'test://mixed-content-resource',
      mimeType: 'application/json',
      contents: JSON.stringify({ test: 'data', value: 123 }),
    },
  ]),
  plainTool('test_error_handling', 'Fails.', async () => {
    throw new HeadgateError('failed_precondition', 'This tool intentionally returns an error for testing');
  }),
  plainTool('test_tool_with_logging', 'Sends messages while it runs.', async ({ log }) => {
    log?.('info', 'Tool execution started');
    await pause(STEP_MS);
    log?.('info', 'Tool processing data');
    await pause(STEP_MS);
    log?.('info', 'Tool execution completed');
    return 'Three messages were sent.';
  }),
  plainTool('test_tool_with_progress', 'Reports progress.', async ({ progress }) => {
    for (const done of [0, 50, 100]) {
      progress({ done, total: 100 });
      await pause(STEP_MS * 3);
    }
    return 'Progress was reported.';
  }),
  plainTool('test_reconnection', 'Ends the stream before it answers.', async ({ letGo }) => {
    letGo?.();
    await pause(STEP_MS * 2);
    return 'The client came back.';
  }),
];
