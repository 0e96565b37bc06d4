import { formatDuration, formatShare } from '../../kernel/units.ts';
import { byCallSite, type Observation } from './by-call-site.ts';
import { wallImpact } from './materiality.ts';
import { metric } from './metric.ts';
import { defineRule } from './rule.ts';

/**
 * Long stage: one stage attempt ran for long. A note only: a long stage is not wrong, but a failure late in it costs all of
 * its time, and no checkpoint lies within it.
 *
 * Input: submission and completion of stage attempts. Impact: their wall time.
 */
export const longStage = defineRule({
  id: 'spark/long-stage',
  thresholds: {
    min_stage_ms: {
      value: 1_800_000,
      min: 1000,
      max: 864_000_000,
      unit: 'ms',
      meaning: 'wall time of a stage attempt',
      source:
        'dr-elephant average runtime of a stage: 15 min low, 30 moderate, 45 severe, 60 critical; from moderate on',
    },
  },
  evaluate: (run, limits) => {
    const observations: Observation[] = run.stages
      .filter((facts) => facts.wallMs >= limits.min_stage_ms)
      .map((facts) => ({
        stage: facts,
        coveredMs: facts.wallMs,
        title: `Stage ${facts.stage.stageId} (${facts.callSite}) ran for ${formatDuration(facts.wallMs)}`,
        confidence: 0.95,
        evidence: [
          metric(
            facts.address,
            `${formatDuration(facts.wallMs)} of wall time, ${formatShare(run.wallMs > 0 ? facts.wallMs / run.wallMs : 0)} of the run.`,
            'stage_duration_ms',
            facts.wallMs,
            'ms',
          ),
        ],
        advice: [
          'Nothing is wrong with a long stage as such. If it may fail late: write what comes before it to a table or a checkpoint(), so that a new run starts there.',
        ],
      }));
    return byCallSite(run, observations, wallImpact).map((suspicion) => ({ ...suspicion, severity: 'info' as const }));
  },
});
