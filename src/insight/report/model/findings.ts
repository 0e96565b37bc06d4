import type { Finding } from '../../../kernel/finding.ts';
import type { Listed, ReportFinding } from './report-model.ts';

/** Findings as a report shows them, in their order, `count` of them with `evidence` pieces each. */
export function listFindings(findings: readonly Finding[], count: number, evidence: number): Listed<ReportFinding> {
  return {
    items: findings.slice(0, count).map((finding) => ({
      rule: finding.rule,
      title: finding.title,
      severity: finding.severity,
      impact: finding.impact,
      confidence: finding.confidence,
      evidence: {
        items: finding.evidence.slice(0, evidence).map(({ fact, address }) => ({ fact, address })),
        total: finding.evidence.length,
      },
      advice: finding.advice,
      conf: finding.conf ?? {},
    })),
    total: findings.length,
  };
}

/** One patch of all findings that matter: where two set the same property, the graver one, which comes first, wins. */
export function combinedConf(findings: readonly Finding[]): Record<string, string> {
  const patch = new Map<string, string>();
  for (const { conf = {}, severity } of findings) {
    if (severity === 'info') continue;
    for (const [key, value] of Object.entries(conf)) if (!patch.has(key)) patch.set(key, value);
  }
  return Object.fromEntries(patch);
}

/** Stage addresses and SQL execution ids that the evidence of findings names, in the order of the findings. */
export function citedBy(findings: readonly Finding[]): { stages: string[]; executions: number[] } {
  const addresses = findings.flatMap(({ evidence }) => evidence.map(({ address }) => address));
  const stages = addresses.flatMap((address) => /^stages\/\d+\.\d+/.exec(address) ?? []);
  const executions = addresses.flatMap((address) => /^sql\/(\d+)/.exec(address)?.slice(1).map(Number) ?? []);
  return { stages: [...new Set(stages)], executions: [...new Set(executions)] };
}

/** Place of an item in a list that ranks it; behind all when it is not in it. */
export function rankIn<T>(ranked: readonly T[]): (item: T) => number {
  const places = new Map(ranked.map((item, place) => [item, place]));
  return (item) => places.get(item) ?? ranked.length;
}
