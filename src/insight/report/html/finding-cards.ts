import { countNoun, formatCount, formatDuration, formatShare } from '../../../kernel/units.ts';
import type { ReportFinding, ReportModel } from '../model/report-model.ts';
import type { Anchors } from './anchors.ts';
import { confPatch } from './conf-patch.ts';
import { html, type Markup } from './markup.ts';

const SEVERITY_MARKS = { critical: '!!', warning: '!', info: 'i' } as const;

/** Findings with what they are worth, the patch of all of them, and those too small to matter. */
export function findingsSection(model: ReportModel, anchors: Anchors): Markup {
  const { findings, minor, conf } = model;
  const head = anchors.id('findings');
  const cards = findings.items.map((finding) => findingCard(finding, anchors));
  const rest = findings.total - findings.items.length;
  return html`<section aria-labelledby="${head}"><h2 id="${head}">${findings.total === 0 ? 'Findings' : countNoun(findings.total, 'finding')}</h2>
${findings.total === 0 ? html`<p class="empty">Nothing found that would make this run noticeably faster, cheaper or safer.</p>` : cards}
${rest > 0 ? html`<p class="cut">${countNoun(rest, 'more finding')}; headgate analyze --json has all of them.</p>` : null}
${findings.items.filter((one) => Object.keys(one.conf).length > 0).length < 2 ? null : html`<div class="patch"><h3>Configuration patch <small>of all findings together</small></h3>${patchBlock(conf)}</div>`}
${minor.total === 0 ? null : html`<details class="item"><summary>${countNoun(minor.total, 'more finding')} too small to matter</summary><ul class="plain">${minor.items.map((one) => html`<li>${one.title} <small>${impactText(one)}</small></li>`)}</ul></details>`}
</section>`;
}

function findingCard(finding: ReportFinding, anchors: Anchors): Markup {
  const { severity, evidence } = finding;
  const more = evidence.total - evidence.items.length;
  return html`<article class="finding ${severity}">
<header><span class="badge ${severity}"><i aria-hidden="true">${SEVERITY_MARKS[severity]}</i> ${severity}</span><p class="impact">${impactText(finding)}</p></header>
<h3>${finding.title}</h3>
${finding.advice.length === 0 ? null : html`<h4>What to do</h4><ul class="advice">${finding.advice.map((one) => html`<li>${one}</li>`)}</ul>`}
${Object.keys(finding.conf).length === 0 ? null : patchBlock(finding.conf)}
<h4>Evidence</h4><ul class="evidence">${evidence.items.map(({ fact, address }) => html`<li>${fact} ${link(address, anchors)}</li>`)}${more > 0 ? html`<li>and ${formatCount(more)} more</li>` : null}</ul>
<p class="rule">${finding.rule} · confidence ${formatShare(finding.confidence)}</p>
</article>`;
}

function link(address: string, anchors: Anchors): Markup {
  const id = anchors.of(address);
  return id === null ? html`<code>${address}</code>` : html`<a href="#${id}"><code>${address}</code></a>`;
}

function patchBlock(conf: Readonly<Record<string, string>>): Markup {
  return html`<div class="copy"><pre tabindex="0"><code>${confPatch(conf)}</code></pre></div>`;
}

/**
 * `Saves 1 min 10 s (50 s to 1 min 30 s), 41 % of wall time`, or what the problem was seen to cover. Seconds of cores, which can be
 * more than the run took, are called so.
 */
export function impactText({ impact }: Pick<ReportFinding, 'impact'>): string {
  const { seconds, share, basis, interval_seconds: interval, core_hours: coreHours, money } = impact;
  if (seconds <= 0 && share <= 0) return '';
  const about = basis === 'replay' ? 'saves ' : '';
  const ofCores = impact.share_of === 'core_time' ? ' of core time' : '';
  const span =
    interval === undefined ? '' : ` (${formatDuration(interval[0] * 1000)} to ${formatDuration(interval[1] * 1000)})`;
  const part = share > 0 ? `${formatShare(share)} of ${impact.share_of.replace('_', ' ')}` : '';
  const parts = [
    seconds > 0 ? `${about}${formatDuration(seconds * 1000)}${ofCores}${span}` : '',
    part,
    coreHours !== undefined && coreHours >= 0.1 ? `${coreHours.toPrecision(2)} core-hours` : '',
    money === undefined ? '' : `${money.amount.toFixed(2)} ${money.currency}`,
  ];
  return parts.filter((text) => text !== '').join(' · ');
}
