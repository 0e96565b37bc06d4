import { countNoun, formatDuration, formatShare } from '../../../kernel/units.ts';
import { type Analysis, failureOf } from '../../analyze.ts';

/** How the evidence of a failed job begins that quotes its cause. */
const ROOT_CAUSE = 'Root cause: ';

/** One line for whoever reads nothing else: how the run ended, and what is at stake. */
export function verdictOf(analysis: Analysis): string {
  const { facts, findings } = analysis;
  const after = facts.durationMs === null ? '' : ` after ${formatDuration(facts.durationMs)}`;
  const failure = failureOf(analysis);
  if (failure !== null) {
    const cause = failure.evidence.find(({ fact }) => fact.startsWith(ROOT_CAUSE))?.fact.slice(ROOT_CAUSE.length);
    return `Failed${after}: ${failure.title}${cause === undefined ? '' : `: ${cause}`}`;
  }
  const stake = stakeOf(analysis);
  switch (facts.status) {
    case 'FAILED':
      return `Failed${after}; the log does not tell why.`;
    case 'RUNNING':
      return `Still running${after === '' ? '' : `,${after.replace(' after', '')} so far`}. ${stake}`;
    case 'INCOMPLETE':
      return `The log ends${after} without the end of the application. ${stake}`;
    default:
      return findings.length === 0 && facts.durationMs === null
        ? 'Succeeded; the log names no time.'
        : `Succeeded${after.replace(' after', ' in')}. ${stake}`;
  }
}

function stakeOf({ facts, findings, combined }: Analysis): string {
  const grave = findings.filter(({ severity }) => severity !== 'info');
  const [first] = grave;
  if (first === undefined && findings.length > 0)
    return `Nothing urgent; ${countNoun(findings.length, 'finding')} for information.`;
  if (first === undefined) return 'Nothing found that would make it noticeably faster or cheaper.';
  const worth = countNoun(findings.length, 'finding');
  if (combined !== null && combined.seconds >= 1 && facts.durationMs !== null) {
    const saved = `about ${formatDuration(combined.seconds * 1000)} (${formatShare((combined.seconds * 1000) / facts.durationMs)})`;
    return findings.length === 1
      ? `${first.title}; fixing it saves ${saved}.`
      : `${worth}; fixing all of them saves ${saved}.`;
  }
  const share =
    first.impact.share > 0 ? ` (${formatShare(first.impact.share)} of its ${timeName(first.impact.share_of)})` : '';
  return findings.length === 1 ? `${first.title}${share}.` : `${worth}, first: ${first.title}${share}.`;
}

const timeName = (shareOf: string): string => shareOf.replace('_', ' ');
