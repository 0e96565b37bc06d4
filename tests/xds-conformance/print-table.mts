/**
 * Runs the conformance suite on Headgate and on go-control-plane, and writes what it saw to docs/xds-conformance.md.
 * `node -C headgate-source tests/xds-conformance/print-table.mts`
 */
import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { ALL_RULES, whatOf } from './all-rules.ts';
import { LINEAR_CACHE, SNAPSHOT_CACHE } from './go-control-plane.ts';
import { HEADGATE } from './headgate.ts';
import { type Outcome, outcomeOf, tryAll } from './try-all.ts';
import { VARIANTS, variantName } from './variant.ts';

const PAGE = new URL('../../docs/xds-conformance.md', import.meta.url);
/** Of a server in this process memory is measured: one trial at a time. */
const TRIALS = [
  { kind: HEADGATE, atATime: 1 },
  { kind: SNAPSHOT_CACHE, atATime: 4 },
  { kind: LINEAR_CACHE, atATime: 4 },
];

const results: Array<{ name: string; outcomes: readonly Outcome[] }> = [];
for (const { kind, atATime } of TRIALS) {
  const began = performance.now();
  const outcomes = await tryAll(kind, atATime);
  const kept = outcomes.filter(({ broken }) => broken === null).length;
  const seconds = ((performance.now() - began) / 1000).toFixed(0);
  process.stdout.write(`${kind.name}: keeps ${kept} of ${outcomes.length} (${seconds} s)\n`);
  results.push({ name: kind.name, outcomes });
}
writeFileSync(PAGE, page());
process.stdout.write('docs/xds-conformance.md is written.\n');
process.exit(0);

function page(): string {
  const cells = (each: (variant: (typeof VARIANTS)[number], outcomes: readonly Outcome[]) => string) =>
    results.flatMap(({ outcomes }) => VARIANTS.map((variant) => each(variant, outcomes)));
  const titles = results.flatMap(({ name }, index) =>
    VARIANTS.map((variant) => `${short(name, index)} ${variantName(variant)}`),
  );
  const rows = ALL_RULES.map((rule) => {
    const marks = cells((variant, outcomes) => mark(outcomeOf(outcomes, rule.id, variant)));
    return `| ${rule.id} | ${whatOf(rule)} | ${marks.join(' | ')} |`;
  });
  return [
    '# Conformance to the xDS protocol',
    '',
    'Written by `node -C headgate-source tests/xds-conformance/print-table.mts`; not by hand.',
    '',
    'Each rule of the protocol is one test over gRPC, with a small client that sends what it is told and nothing else. It runs in four variants (state of the world or delta; a stream for each type or one aggregated stream), on a server that is started for it, with the same bytes for every server. The tests are in `tests/xds-conformance/rules`; for Headgate each of them is part of the test run and has to pass.',
    '',
    ...results.map(({ name, outcomes }) => `- **${name}** ${summary(outcomes)}`),
    '',
    `Run on Linux with ${availableParallelism()} cores and Node ${process.version}. go-control-plane is v0.14.0, built from its module without changes: a SnapshotCache with \`ads=true\` and ordered responses on ADS, \`ads=false\` on separate streams, its own consistency check for O6, heartbeats every 200 ms; and a LinearCache for each type in a MuxCache.`,
    '',
    'H is Headgate, S the SnapshotCache, L the LinearCache. ✓ keeps the rule, ✗ breaks it, · the rule is not about the variant.',
    '',
    `| Rule | What a server does | ${titles.join(' | ')} |`,
    `| --- | --- | ${titles.map(() => ':-:').join(' | ')} |`,
    ...rows,
    '',
    '## How to read it',
    '',
    '- A SnapshotCache with `ads=true` answers a state-of-the-world request for endpoints or routes only when it names every one of the snapshot. That is documented, and fits a proxy that takes all of one snapshot. Tests that ask for some of several (C11, S3 to S7, O3) wait for an answer in vain.',
    '- Neither cache of go-control-plane keeps a record of NACKs: `error_detail` is handed to callbacks and not looked at (C4). O4 and O7 need to know what was acknowledged.',
    '- A LinearCache knows neither times to live nor REST (T1 to T4), and has no check of consistency (O6). It is made for parts such as endpoints.',
    '- O2 is about Envoy: a cluster that changed warms until endpoints come again.',
    '',
    '## What was seen where a rule was broken',
    '',
    ...results.flatMap(({ name, outcomes }) => broken(name, outcomes)),
  ].join('\n');
}

function short(name: string, index: number): string {
  return index === 0 ? name.charAt(0) : name.includes('Snapshot') ? 'S' : 'L';
}

function mark(outcome: Outcome | undefined): string {
  if (outcome === undefined) return '·';
  return outcome.broken === null ? '✓' : '✗';
}

function summary(outcomes: readonly Outcome[]): string {
  const kept = outcomes.filter((outcome) => outcome.broken === null).length;
  return `keeps ${kept} of ${outcomes.length} (rules times variants).`;
}

function broken(name: string, outcomes: readonly Outcome[]): string[] {
  const lines = outcomes
    .filter((outcome) => outcome.broken !== null)
    .sort((one, other) => ALL_RULES.indexOf(one.rule) - ALL_RULES.indexOf(other.rule))
    .map(({ rule, variant, broken: what }) => `- ${rule.id}, ${variantName(variant)}: ${what}`);
  return lines.length === 0 ? [] : [`### ${name}`, '', ...lines, ''];
}
