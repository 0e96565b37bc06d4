import type { z } from 'zod';

/** A JSON Schema of a form where zod cannot say what its fields are called: the restricted form of MCP's elicitation. */
export interface FormSchema {
  readonly type: 'object';
  readonly properties: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly required?: readonly string[];
}

/** A question to the person behind the client, as a flat form. */
export interface FormQuestion {
  /** Tells this question from others of the same tool. */
  readonly key: string;
  readonly message: string;
  /** Fields are strings, numbers, booleans, enums, or lists of an enum. */
  readonly form: z.ZodObject | FormSchema;
  /** True: `key` alone binds the answer, and whoever asked checks it. Nothing has to travel beside it, so any replica takes it. */
  readonly bound?: true;
}

/** A question to the model behind the client. */
export interface ModelQuestion {
  readonly key: string;
  readonly prompt: string;
  readonly maxTokens: number;
}

/** Asks which folders the client works in. */
export interface RootsQuestion {
  readonly key: string;
  readonly roots: true;
}

export type Question = FormQuestion | ModelQuestion | RootsQuestion;

/**
 * What came back. `content` fits the form of a FormQuestion; it is `{ text }` of a ModelQuestion and
 * `{ roots: [{ uri, name }] }` of a RootsQuestion.
 */
export type Answer =
  | { readonly action: 'accept'; readonly content: Record<string, unknown> }
  | { readonly action: 'decline' | 'cancel' };
