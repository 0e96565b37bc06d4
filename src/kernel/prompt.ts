import type { Content } from './content.ts';
import type { Completer } from './resource.ts';
import type { ToolContext } from './tool.ts';

export interface PromptArgument {
  readonly name: string;
  readonly description: string;
  readonly required: boolean;
  readonly complete?: Completer;
}

/** One turn of a prompt. */
export interface PromptMessage {
  readonly role: 'user' | 'assistant';
  readonly content: Content;
}

/** A prompt: text that starts an investigation, filled with the user's own facts. Tool names in it must exist. */
export interface Prompt {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly arguments: readonly PromptArgument[];
  readonly render: (values: Record<string, string>, context: ToolContext) => Promise<string | readonly PromptMessage[]>;
}
