import type { Identity } from './identity.ts';

/**
 * What came of looking at a token. `reason` is a sentence of ours for the caller: plain ASCII without quotes, for it
 * goes into a header, and without a word of the token.
 */
export type Verdict =
  | { readonly identity: Identity }
  | { readonly refused: 'no_token' | 'invalid_token'; readonly reason: string };

/** A token that is not accepted. */
export function refuseToken(reason: string): Verdict {
  return { refused: 'invalid_token', reason };
}
