import type { TextMask } from '../../../eventlog/index.ts';
import type { RedactLevel } from '../../../kernel/config-file.ts';
import { redactText } from '../../../kernel/redaction.ts';
import { maskLogLine } from './mask-log-line.ts';

/** How texts leave through the REST. */
export interface RestRedaction {
  /** Masks one text of an answer. */
  readonly mask: TextMask;
  /** Masks one line of a log, without its line break, and hands back the same text when nothing is to be masked; null where the level cannot be kept in a log. */
  readonly maskLine: ((line: string) => string) | null;
}

/** Shortest text that can hold a secret with its name. */
const SHORTEST_TEXT = 8;
/** Texts remembered: call sites and hosts come again and again. */
const REMEMBERED_TEXTS = 20_000;

/** What a level of redaction means for the REST. */
export function restRedaction(level: RedactLevel): RestRedaction {
  return { mask: rememberingMask(), maskLine: level === 'secrets' ? maskLogLine : null };
}

function rememberingMask(): TextMask {
  const known = new Map<string, string>();
  return (text) => {
    if (text.length < SHORTEST_TEXT) return text;
    const remembered = known.get(text);
    if (remembered !== undefined) return remembered;
    const masked = redactText(text);
    if (known.size >= REMEMBERED_TEXTS) known.clear();
    known.set(text, masked);
    return masked;
  };
}
