import { matchLines } from './log-pattern.ts';

/** Levels of log4j, least urgent first. */
export const LEVELS = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'] as const;
export type Level = (typeof LEVELS)[number];

/** Which lines of a log are wanted. */
export interface LineFilter {
  /** This level and above. */
  readonly level?: Level | undefined;
  readonly pattern?: string | undefined;
}

/** `26/11/21 16:21:00 WARN Class: …` of Spark's default layout, and layouts with the level in brackets or after an ISO time. */
const LEVELED =
  /^\[?\d{2,4}[-/]\d{2}[-/]\d{2}[T ]\d{2}:\d{2}:\d{2}\S*\s+(?:\[[^\]]{0,80}\]\s+)?\[?(TRACE|DEBUG|INFO|WARN|ERROR|FATAL)\b/;
/** Structured logging of Spark and, with spaces, of PySpark: one JSON object a line. */
const STRUCTURED = /^\{"ts": ?"[^"]{1,40}", ?"level": ?"(TRACE|DEBUG|INFO|WARN|ERROR|FATAL)"/;
/** What Python and the JVM print when a program ends by an error. */
const UNCAUGHT = /^(?:Traceback \(most recent call last\):|Exception in thread )/;

/**
 * The lines that are wanted. A line without a level belongs to the one before it, as stack traces do; what comes before any level
 * has none and is left out when one is asked for. Errors: those of `matchLines`.
 */
export function filterLines(lines: readonly string[], { level, pattern }: LineFilter): string[] {
  const leveled = level === undefined ? lines : atLeast(lines, level);
  if (pattern === undefined) return [...leveled];
  const found = matchLines(leveled, pattern);
  return leveled.filter((_, index) => found[index]);
}

function atLeast(lines: readonly string[], wanted: Level): string[] {
  const least = LEVELS.indexOf(wanted);
  let current = -1;
  return lines.filter((line) => {
    const named = LEVELED.exec(line)?.[1] ?? STRUCTURED.exec(line)?.[1];
    if (named !== undefined) current = LEVELS.indexOf(named as Level);
    else if (UNCAUGHT.test(line)) current = LEVELS.indexOf('ERROR');
    return current >= least;
  });
}
