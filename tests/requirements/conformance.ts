import type { Requirement } from './requirement.ts';

/** What the public MCP conformance suite finds. */
export const requirements = [
  {
    id: 'conformance.2025-11-25',
    behaviour: 'Every server scenario of the public conformance suite for MCP 2025-11-25 passes.',
    source: 'issue: Shown by',
  },
  {
    id: 'conformance.2026-07-28',
    behaviour: 'Every server scenario that MCP 2026-07-28 requires passes in the public conformance suite.',
    source: 'issue: Shown by',
  },
  {
    id: 'conformance.answers-sealed',
    behaviour:
      'Answers of a client that travel through it between rounds of questions are sealed: forged, expired, or of another tool they are not taken.',
    source: 'protocol: MCP 2026-07-28, multi-round-trip requests',
  },
] as const satisfies readonly Requirement[];
