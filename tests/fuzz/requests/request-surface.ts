import type { Random } from '../random.ts';

/** What requests are made of: what the server under test has. */
export interface RequestSurface {
  readonly applicationIds: readonly string[];
  readonly tools: ReadonlyArray<{ readonly name: string; readonly parameters: readonly string[] }>;
  /** A token that is let in; null where there is no authentication. */
  readonly token: string | null;
  /** Sessions of MCP clients that were opened before. */
  readonly sessions: readonly string[];
}

/** Arguments that often get through: what names a thing names one that may exist. */
export function argumentsOf(
  parameters: readonly string[],
  applicationIds: readonly string[],
  random: Random,
): Record<string, unknown> {
  const value = (name: string): unknown => {
    if (name.startsWith('app_id')) return random.pick(applicationIds);
    if (/^(stage|execution)_id/.test(name)) return random.pick([0, 0, 0, 1, 2, 7]);
    if (name === 'executor_id') return random.pick(['driver', '0', '1']);
    return random.pick([true, 5, '1', -1, 1e9, 'logs', null]);
  };
  const named = parameters.filter((name) => (/_id\d?$/.test(name) ? name !== 'app_attempt_id' : random.chance(0.05)));
  return Object.fromEntries(named.map((name) => [name, value(name)]));
}
