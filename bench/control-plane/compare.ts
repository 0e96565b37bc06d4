import type { Sample } from '../../tests/xds-conformance/sample-resources.ts';
import type { Contender, Running } from './contenders.ts';
import type { Figures } from './report.ts';
import { wireChange } from './wire-change.ts';
import { runClient, type Scenario, type Seen } from './wire-client.ts';

/** One scenario for several servers in turns. */
export interface Comparison {
  readonly contenders: readonly Contender[];
  readonly runs: number;
  /** What each serves at first. */
  readonly samples: readonly Sample[];
  scenario(server: Running): Scenario;
  figures(seen: Seen, server: Running): Figures;
}

/**
 * Runs it, each server anew in each run. A server that does not get through in time has the runs that it got through: what kept it
 * is printed.
 */
export async function compare(comparison: Comparison): Promise<Map<string, Figures[]>> {
  const results = new Map<string, Figures[]>();
  for (let run = 0; run < comparison.runs; run++) {
    for (const contender of comparison.contenders) {
      const known = results.get(contender.name) ?? [];
      results.set(contender.name, known);
      try {
        const began = performance.now();
        known.push(await runOnce(comparison, contender));
        const seconds = ((performance.now() - began) / 1000).toFixed(0);
        console.error(`run ${run + 1} of ${comparison.runs}, ${contender.name}: ${seconds} s`);
      } catch (error) {
        console.log(`${contender.name} did not get through: ${(error as Error).message}`);
      }
    }
  }
  return results;
}

async function runOnce({ samples, scenario, figures }: Comparison, contender: Contender): Promise<Figures> {
  const server = await contender.start();
  try {
    await server.post('/replace', wireChange(samples));
    const seen = await runClient(scenario(server));
    return { ...figures(seen, server), 'peak RSS MB': server.peakMb(), 'processor time s': server.cpuSeconds() };
  } finally {
    await server.stop();
  }
}
