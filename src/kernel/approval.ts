/**
 * Why a call needs somebody's yes, and to what: what a person reads before they answer. Texts name the thing, the target and what
 * would be lost.
 */
export interface ApprovalNeed {
  /** One sentence: `DELETE removes every row of public.orders in database main`. */
  readonly summary: string;
  /** What would happen, in order. Figures where they can be known: `affects 12,431 rows`. */
  readonly plan: readonly string[];
}

/** What a confirm token stands for: it opens nothing else. */
export interface ApprovalScope {
  readonly tenant: string;
  readonly subject: string;
  readonly tool: string;
  /** SHA-256 of the canonical JSON of the checked arguments, hex. */
  readonly payloadHash: string;
}

/** Why a confirm token was not taken. */
export type ApprovalRefusal = 'unknown' | 'expired' | 'used' | 'other_subject' | 'other_tool' | 'other_payload';

/** Approvals that were handed out and not forgotten. Tokens themselves are not kept, only their hashes. */
export interface ApprovalRecordsPort {
  create(approval: ApprovalScope & { tokenHash: string; now: number; expiresAt: number }): Promise<void>;
  /**
   * Takes the token, once over all processes. Null when it was taken; else why not, and then nothing changed. `use` names this
   * attempt: the same one may come twice when a connection breaks.
   */
  consume(approval: ApprovalScope & { tokenHash: string; now: number; use: string }): Promise<ApprovalRefusal | null>;
}
