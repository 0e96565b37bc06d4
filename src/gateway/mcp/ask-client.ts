import { randomBytes } from 'node:crypto';
import {
  type ClientCapabilities,
  createRequestStateCodec,
  type ElicitRequestFormParams,
  type InputRequiredResult,
  inputRequired,
  inputResponse,
  type RequestStateCodec,
  type ServerContext,
} from '@modelcontextprotocol/server';
import { z } from 'zod';
import type { Answer, FormQuestion, Question } from '../../kernel/question.ts';
import type { Asker } from '../../kernel/tool.ts';
import { askFrom, type InputNeeded } from '../calls/input-needed.ts';

/** What travels through the client between two rounds of questions: what it answered so far. */
interface Rounds {
  /** The tool or prompt that asked. */
  readonly of: string;
  readonly answers: Readonly<Record<string, unknown>>;
}

/** Questions of a server to its clients, over several rounds. */
export interface ClientQuestions {
  /** Verifies what a client sends back; the SDK answers a forged or expired one with invalid params. */
  readonly codec: RequestStateCodec<Rounds>;
}

/** How long a person may think about one round. Seconds. */
const ROUND_TTL_SECONDS = 3600;

/** The key lives as long as the process: a round that another process began is asked anew. */
export function createClientQuestions(): ClientQuestions {
  const codec = createRequestStateCodec<Rounds>({
    key: randomBytes(32),
    ttlSeconds: ROUND_TTL_SECONDS,
    bind: ({ mcpReq, http }) => JSON.stringify([mcpReq.method, http?.authInfo?.clientId ?? '']),
  });
  return { codec };
}

/** An asker over the answers that came with this request; undefined when the client can answer nothing. */
export function askerOf(
  request: ServerContext,
  name: string,
  capabilities: ClientCapabilities | undefined,
): Asker | undefined {
  const { elicitation, sampling, roots } = capabilities ?? {};
  if (elicitation === undefined && sampling === undefined && roots === undefined) return undefined;
  const answers = answersOf(request, name);
  return askFrom(
    (question) => readAnswer(answers, question),
    (question) => {
      if ('form' in question) return asksForms(capabilities);
      return ('prompt' in question ? sampling : roots) !== undefined;
    },
    Object.keys(answers),
  );
}

/** True for a client that shows forms to a person: one that names no way of asking shows forms (MCP 2025-11-25, elicitation). */
export function asksForms(capabilities: ClientCapabilities | undefined): boolean {
  const { elicitation } = capabilities ?? {};
  return elicitation !== undefined && (elicitation.form !== undefined || elicitation.url === undefined);
}

/** The questions that a handler stopped for, as the protocol asks them, with the answers so far sealed beside them. */
export async function toInputRequired(
  questions: ClientQuestions,
  needed: InputNeeded,
  request: ServerContext,
  name: string,
): Promise<InputRequiredResult> {
  const inputRequests = Object.fromEntries(needed.questions.map((question) => [question.key, toRequest(question)]));
  const answers = answersOf(request, name);
  const stateless = needed.questions.every((question) => 'form' in question && question.bound === true);
  if (stateless && Object.keys(answers).length === 0) return inputRequired({ inputRequests });
  const requestState = await questions.codec.mint({ of: name, answers }, request);
  return inputRequired({ inputRequests, requestState });
}

/** What the client answered in this round and, to the same tool or prompt, in those before. */
function answersOf({ mcpReq }: ServerContext, name: string): Record<string, unknown> {
  const rounds = mcpReq.requestState<Rounds>();
  return { ...(rounds?.of === name ? rounds.answers : {}), ...mcpReq.inputResponses };
}

function toRequest(question: Question) {
  if ('roots' in question) return inputRequired.listRoots();
  if ('form' in question) {
    const requestedSchema = question.form as z.ZodObject | ElicitRequestFormParams['requestedSchema'];
    return inputRequired.elicit({ message: question.message, requestedSchema });
  }
  const content = { type: 'text' as const, text: question.prompt };
  return inputRequired.createMessage({ messages: [{ role: 'user', content }], maxTokens: question.maxTokens });
}

const ModelText = z.object({ content: z.object({ type: z.literal('text'), text: z.string() }) });
const Roots = z.object({ roots: z.array(z.object({ uri: z.string(), name: z.string().optional() })) });

/** The answer to a question; undefined when it is missing or does not fit, so that it is asked again. */
function readAnswer(answers: Record<string, unknown>, question: Question): Answer | undefined {
  if ('form' in question) return readForm(answers, question);
  const given = answers[question.key];
  if ('roots' in question) {
    const roots = Roots.safeParse(given);
    return roots.success ? { action: 'accept', content: roots.data } : undefined;
  }
  const reply = ModelText.safeParse(given);
  return reply.success ? { action: 'accept', content: { text: reply.data.content.text } } : undefined;
}

function readForm(answers: Record<string, unknown>, question: FormQuestion): Answer | undefined {
  const answer = inputResponse(answers, question.key);
  if (answer.kind === 'missing') return undefined;
  if (answer.kind !== 'elicit') return { action: 'cancel' };
  if (answer.action !== 'accept') return { action: answer.action };
  const { form } = question;
  const content = (
    form instanceof z.ZodObject ? form : z.fromJSONSchema(form as z.core.JSONSchema.JSONSchema)
  ).safeParse(answer.content);
  return content.success ? { action: 'accept', content: content.data as Record<string, unknown> } : undefined;
}
