import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { ApprovalNeed, ApprovalRecordsPort, ApprovalRefusal, ApprovalScope } from '../../kernel/approval.ts';
import { HeadgateError } from '../../kernel/errors.ts';
import type { FormQuestion } from '../../kernel/question.ts';
import type { Asker, Output, Tool, ToolContext } from '../../kernel/tool.ts';
import { hashArguments } from '../audit/record-call.ts';
import { asksForApproval } from './confirm-token.ts';

/** What the audit log has of an approval beside the call itself. */
export type ApprovalNote = 'approval_asked' | 'approved' | 'approval_refused';

/** A call that may need somebody's yes. */
export interface ApprovalRequest {
  readonly tool: Tool;
  /** Checked arguments, without the token. */
  readonly input: Output;
  readonly token: string | null;
  readonly context: ToolContext;
  readonly note: (note: ApprovalNote) => Promise<void>;
}

/** Sees that what needs somebody's yes has it, for this very payload, once. */
export interface Approvals {
  /**
   * Returns when the call may go on. Errors: `failed_precondition` with a plan and a `confirm_token` in `details` where nobody
   * can be asked; `permission_denied` when somebody said no, or the token is another caller's; `cancelled` when the question was
   * closed; `InputNeeded` when the client has to ask.
   */
  settle(request: ApprovalRequest): Promise<void>;
}

/** What approvals are made of. */
export interface ApprovalsParts {
  readonly records: ApprovalRecordsPort;
  /** A token is good so long. Milliseconds. */
  readonly ttlMs: number;
  /** Epoch ms. */
  readonly clock: () => number;
}

/** Bytes of a token. */
const TOKEN_BYTES = 24;
/** Begins the key of a question for approval; its token follows. */
const KEY_PREFIX = 'approve_';

/** Approvals over the store: any process takes the tokens of any other. */
export function createApprovals({ records, ttlMs, clock }: ApprovalsParts): Approvals {
  const issue = async (scope: ApprovalScope): Promise<{ token: string; expiresAt: number }> => {
    const token = randomBytes(TOKEN_BYTES).toString('base64url');
    const now = clock();
    const expiresAt = now + ttlMs;
    await records.create({ ...scope, tokenHash: hashToken(token), now, expiresAt });
    return { token, expiresAt };
  };

  const take = async (scope: ApprovalScope, token: string, { note }: ApprovalRequest): Promise<void> => {
    const refusal = await records.consume({ ...scope, tokenHash: hashToken(token), now: clock(), use: randomUUID() });
    if (refusal === null) return;
    await note('approval_refused');
    throw refused(scope.tool, refusal);
  };

  /** Hands out a token: whoever called shows the plan to a person and comes again. */
  const handOut = async (scope: ApprovalScope, need: ApprovalNeed, { note }: ApprovalRequest): Promise<never> => {
    const { token, expiresAt } = await issue(scope);
    await note('approval_asked');
    const expires = new Date(expiresAt).toISOString();
    throw new HeadgateError('failed_precondition', `${sentence(need.summary)} Nothing was done: it needs approval.`, {
      hint: [
        `Show this to the person who decides: ${need.plan.map(numbered).join(' ')}`,
        `On their yes call ${scope.tool} with the same arguments and confirm_token=${token} before ${expires}; it works once.`,
      ].join(' '),
      details: {
        summary: need.summary,
        plan: need.plan,
        payload_hash: scope.payloadHash,
        expires_at: expires,
        confirm_token: token,
      },
    });
  };

  /** The answer to a question is bound like a token, by the key under which it was asked: it counts once, and for this payload. */
  const ask = async (
    scope: ApprovalScope,
    need: ApprovalNeed,
    request: ApprovalRequest,
    asker: Asker,
  ): Promise<void> => {
    const asked = asker.answered(KEY_PREFIX).at(-1);
    if (asked === undefined) {
      const { token } = await issue(scope);
      await request.note('approval_asked');
      await asker(questionOf(request.tool, need, `${KEY_PREFIX}${token}`));
      throw new TypeError('A question was answered before it was asked.');
    }
    const answer = await asker(questionOf(request.tool, need, asked));
    await take(scope, asked.slice(KEY_PREFIX.length), request);
    if (answer.action === 'accept' && answer.content.approve === true) return;
    await request.note('approval_refused');
    throw answer.action === 'cancel' ? closed(scope.tool) : declined(scope.tool);
  };

  return {
    async settle(request) {
      const { tool, input, token, context } = request;
      if (!asksForApproval(tool)) return;
      const { tenant, subject, abilities } = context.caller;
      const scope = { tenant, subject, tool: tool.name, payloadHash: hashArguments(input) };
      if (token === null) {
        const { ask: asker, ...withoutAsking } = context;
        const need = await needOf(tool, input, withoutAsking);
        if (need === null) return;
        if (asker === undefined || !abilities.elicitation) return handOut(scope, need, request);
        await ask(scope, need, request, asker);
      } else await take(scope, token, request);
      await request.note('approved');
    },
  };
}

/** What this payload needs a yes to; null: none is needed. */
async function needOf(tool: Tool, input: Output, context: ToolContext): Promise<ApprovalNeed | null> {
  const need = (await tool.approval?.(input, context)) ?? null;
  return need === null && tool.risk === 'destructive' ? defaultNeed(tool, input) : need;
}

function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

/** Of a tool that loses something and does not say what. Values of arguments stay out: they may be long. */
function defaultNeed({ name, title }: Tool, input: Output): ApprovalNeed {
  const keys = Object.keys(input);
  const plan = `Runs ${name}${keys.length === 0 ? '' : ` with ${keys.join(', ')} as given`}.`;
  return { summary: `${title} (${name}) cannot be undone`, plan: [plan] };
}

const ApprovalForm = z.object({ approve: z.boolean().meta({ title: 'Approve', description: 'Yes, do this' }) });

function questionOf(tool: Tool, { summary, plan }: ApprovalNeed, key: string): FormQuestion {
  const message = [
    sentence(summary),
    '',
    `${tool.title} would:`,
    ...plan.map(numbered),
    '',
    'Nothing has been done yet.',
  ];
  return { key, message: message.join('\n'), form: ApprovalForm, bound: true };
}

const numbered = (step: string, index: number): string => `${index + 1}. ${sentence(step)}`;

const sentence = (text: string): string => (/[.!?»]$/.test(text) ? text : `${text}.`);

function declined(tool: string): HeadgateError {
  return new HeadgateError('permission_denied', `${tool} was not approved. Nothing was done.`, {
    hint: 'Ask the person what to do instead.',
    details: { reason: 'declined' },
  });
}

function closed(tool: string): HeadgateError {
  return new HeadgateError(
    'cancelled',
    `The question whether to run ${tool} was closed without an answer. Nothing was done.`,
    {
      hint: 'Call it again to ask again.',
      details: { reason: 'closed' },
    },
  );
}

/** Why a token was not taken, and with which code. */
const REFUSALS: Readonly<Record<ApprovalRefusal, readonly [HeadgateError['code'], string]>> = {
  unknown: ['failed_precondition', 'is not one that this gateway handed out'],
  expired: ['failed_precondition', 'has expired'],
  used: ['failed_precondition', 'was used before: it is good for one call'],
  other_subject: ['permission_denied', 'was handed out to another caller'],
  other_tool: ['failed_precondition', 'was handed out for another tool'],
  other_payload: ['failed_precondition', 'was handed out for other arguments'],
};

function refused(tool: string, reason: ApprovalRefusal): HeadgateError {
  const [code, what] = REFUSALS[reason];
  return new HeadgateError(code, `The approval of ${tool} ${what}. Nothing was done.`, {
    hint: `Call ${tool} without confirm_token to have exactly these arguments approved.`,
    details: { reason },
  });
}
