import { z } from 'zod';
import type { Evidence } from '../../../kernel/evidence.ts';
import { Finding, type Severity } from '../../../kernel/finding.ts';

/**
 * One thing that is wrong in a database or a plan: a kernel finding without the impact on a run's wall time, which a database
 * at rest does not have. Rule ids read `postgres/<kebab-case problem>`.
 */
export const Advisory = Finding.pick({ rule: true, title: true, severity: true, evidence: true, advice: true });
export type Advisory = z.infer<typeof Advisory>;

/** What could not be looked at, and why: a sentence. */
export const gapsOutput = z.array(z.string());

const RANK: Readonly<Record<Severity, number>> = { critical: 0, warning: 1, info: 2 };

/** Worst first; among equals in the order in which they were found. */
export function rankAdvisories(advisories: readonly Advisory[]): Advisory[] {
  return [...advisories].sort((a, b) => RANK[a.severity] - RANK[b.severity]);
}

/** A figure with its address. */
export function figure(fact: string, address: string, metric: string, value: number, unit: string): Evidence {
  return { fact, address, metric, value, unit };
}

/** Findings as text: a line each with its evidence, then its advice. */
export function renderAdvisories(advisories: readonly Advisory[]): string[] {
  return advisories.flatMap(({ severity, title, evidence, advice }) => [
    `- ${severity}: ${title}`,
    ...evidence.map(({ fact, address }) => `    seen: ${fact} (${address})`),
    ...advice.map((step) => `    do: ${step}`),
  ]);
}
