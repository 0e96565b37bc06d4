import { label, oneLine, type Quoted, quote } from './quote.ts';
import { redactText } from './redaction.ts';

/** Longest part of a name that is looked at, characters: `label` keeps 200. */
const LABEL_SOURCE_CHARS = 1000;

/** Quotes text of a log (descriptions, exceptions, plans, property values) with the secrets in it masked. */
export function quoteLog(text: string, maxChars?: number): Quoted {
  return quote(redactText(text), maxChars);
}

/** Quotes text of a log, or null where there is none. */
export function quoteLogOrNull(text: string | null | undefined, maxChars?: number): Quoted | null {
  return text === null || text === undefined || text === '' ? null : quoteLog(text, maxChars);
}

/** Quotes text of a log on one line, for a title, with the secrets in it masked. */
export function quoteLogLine(text: string, maxChars?: number): Quoted {
  return quote(redactText(oneLine(text.slice(0, LABEL_SOURCE_CHARS))), maxChars);
}

/** A short name of a log (application, stage, host) on one line, with the secrets in it masked; see `label`. */
export function labelLog(text: string): string {
  return label(redactText(text.slice(0, LABEL_SOURCE_CHARS)));
}

/** The first line of an error, which names it; equal first lines are equal errors. */
export function firstLine(text: string): string {
  const start = text.search(/\S/);
  if (start === -1) return '';
  const end = text.indexOf('\n', start);
  return (end === -1 ? text.slice(start) : text.slice(start, end)).trim();
}
