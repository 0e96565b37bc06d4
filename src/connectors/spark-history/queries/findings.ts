import { z } from 'zod';
import { type Finding, Impact } from '../../../kernel/finding.ts';

/** Most evidence and advice that a finding shows in a list. */
const MAX_EVIDENCE = 4;
const MAX_ADVICE = 3;

/** Schema of a finding on the wire. Evidence reads `address: fact`; text of the log in it is quoted « ». */
export const findingOutput = z.object({
  rule: z.string(),
  severity: z.string(),
  title: z.string(),
  impact: Impact,
  confidence: z.number(),
  evidence: z.array(z.string()),
  more_evidence: z.number().optional(),
  advice: z.array(z.string()),
  conf: z.record(z.string(), z.string()).optional(),
});

/** Schema of what all findings together save: one replay, never the sum. 80 % interval. */
export const combinedOutput = z.object({
  seconds: z.number(),
  share: z.number(),
  interval_seconds: z.array(z.number()).length(2),
  core_hours: z.number().nullable(),
});

/** A finding on the wire, its longest lists cut with the cut stated. */
export function findingOnWire(
  finding: Finding,
  limits: { evidence?: number; advice?: number } = {},
): z.input<typeof findingOutput> {
  const { evidence: maxEvidence = MAX_EVIDENCE, advice: maxAdvice = MAX_ADVICE } = limits;
  const rest = finding.evidence.length - maxEvidence;
  return {
    rule: finding.rule,
    severity: finding.severity,
    title: finding.title,
    impact: finding.impact,
    confidence: finding.confidence,
    evidence: finding.evidence.slice(0, maxEvidence).map(({ address, fact }) => `${address}: ${fact}`),
    ...(rest > 0 ? { more_evidence: rest } : {}),
    advice: finding.advice.slice(0, maxAdvice),
    ...(finding.conf === undefined ? {} : { conf: finding.conf }),
  };
}
