import type { Application } from '../../eventlog/index.ts';
import { describeRun, type Run } from '../facts/run.ts';
import type { Replay } from '../replay/prediction.ts';
import { createReplay } from '../replay/replay.ts';
import { foldEffects, type RuledSuspicion } from '../rules/fold.ts';
import { RULES } from '../rules/index.ts';
import { shareOfRun } from '../rules/materiality.ts';
import { type Weighed, weigh } from '../rules/weigh.ts';

/** One property that a finding of one run proposes. */
export interface Proposal {
  readonly key: string;
  readonly value: string;
  readonly rule: string;
  readonly run: AnalysedRun;
  readonly finding: Weighed;
  /** Part of the run that the finding is about, 0 to 1. */
  readonly share: number;
  /** The first evidence of it, with its address. */
  readonly evidence: string;
}

/** A run with what its findings propose. */
export interface AnalysedRun {
  readonly application: Application;
  readonly run: Run;
  readonly proposals: readonly Proposal[];
  readonly replay: () => Replay;
}

/** Confidence below which a finding changes no configuration. */
const MIN_CONFIDENCE = 0.5;

/** Rules about memory, whose findings can take no time of the run and still be worth a change. */
const ABOUT_MEMORY: ReadonlySet<string> = new Set(['spark/memory-overprovisioned', 'spark/driver-memory']);

/** Saves memory and its price: a change in any case. Others need a failure to be more than a note. */
const changesWithoutTime = ({ suspicion }: Weighed): boolean =>
  ABOUT_MEMORY.has(suspicion.rule) &&
  (suspicion.rule === 'spark/memory-overprovisioned' || suspicion.severity !== 'info');

/** Rules whose sizes are measured, by those whose sizes are a step: the measured size of a property wins within a run. */
const MEASURED: readonly string[] = ['spark/memory-underprovisioned', 'spark/memory-overhead'];

/** Runs the rules over an application and collects the properties of what is worth a finding. */
export function analyseRun(application: Application): AnalysedRun {
  const run = describeRun(application);
  let made: Replay | null = null;
  const replay = (): Replay => {
    made ??= createReplay(run);
    return made;
  };
  const suspicions: RuledSuspicion[] = RULES.flatMap((rule) =>
    rule.evaluate(run).map((suspicion) => ({ ...suspicion, rule: rule.id })),
  );
  const { reported, minor } = weigh(run, foldEffects(run, suspicions), replay);
  const proposals: Proposal[] = [];
  const analysed: AnalysedRun = { application, run, proposals, replay };
  for (const finding of [...reported, ...minor.filter(changesWithoutTime)]) {
    if (finding.suspicion.confidence < MIN_CONFIDENCE) continue;
    proposals.push(...proposalsOf(analysed, finding, suspicions));
  }
  return analysed;
}

function proposalsOf(run: AnalysedRun, finding: Weighed, suspicions: readonly RuledSuspicion[]): Proposal[] {
  const { suspicion, impact } = finding;
  return Object.entries(suspicion.conf ?? {}).map(([key, value]) => {
    const measured = suspicions.find((one) => MEASURED.includes(one.rule) && one.conf?.[key] !== undefined);
    const source = measured ?? suspicion;
    const [first] = source.evidence;
    return {
      key,
      value: measured?.conf?.[key] ?? value,
      rule: source.rule,
      run,
      finding,
      share: shareOfRun(run.run, impact),
      evidence: first === undefined ? source.title : `${first.address}: ${first.fact}`,
    };
  });
}
