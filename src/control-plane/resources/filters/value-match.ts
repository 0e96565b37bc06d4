import type { ValueMatch } from '../../desired-state/match.ts';

type Json = Record<string, unknown>;

/** What a condition looks for, as Envoy's `StringMatcher`; null: only whether it is there. */
export function stringMatch(condition: ValueMatch): Json | null {
  if (typeof condition === 'string') return { exact: condition };
  const { exact, prefix, suffix, contains, regex, ignore_case: ignoreCase } = condition;
  if (regex !== undefined) return { safe_regex: { regex } };
  const [found] = Object.entries({ exact, prefix, suffix, contains }).filter(([, value]) => value !== undefined);
  if (found === undefined) return null;
  return { [found[0]]: found[1], ...(ignoreCase === true ? { ignore_case: true } : {}) };
}

/** A condition on a header, as `HeaderMatcher`. */
export function headerMatch(name: string, condition: ValueMatch): Json {
  const given = typeof condition === 'string' ? {} : condition;
  const match = stringMatch(condition);
  const how = match === null ? { present_match: given.present ?? true } : { string_match: match };
  return { name: name.toLowerCase(), ...how, ...(given.not === true ? { invert_match: true } : {}) };
}

/** A condition on a parameter of the query, as `QueryParameterMatcher`, which cannot be turned round. */
export function queryMatch(name: string, condition: ValueMatch): Json {
  const match = stringMatch(condition);
  if (match !== null) return { name, string_match: match };
  return { name, present_match: typeof condition === 'string' || (condition.present ?? true) };
}

/** Text as a regular expression of RE2 that matches it alone. */
export function quoted(text: string): string {
  return text
    .replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')
    .replaceAll('\\/', '/')
    .replaceAll('\\-', '-');
}

/** One of several texts, as `StringMatcher`. */
export function anyOf(texts: readonly string[]): Json {
  const [only] = texts;
  if (texts.length === 1 && only !== undefined) return { exact: only };
  return { safe_regex: { regex: texts.map(quoted).join('|') } };
}
