import { type Advisory, rankAdvisories } from '../advisory.ts';
import type { Client } from '../client.ts';
import { lookUp } from '../look-up.ts';
import type { ServerFacts } from '../server-facts.ts';
import { loadSessions } from '../statements/active-sessions.ts';
import { connectionsLook } from './connections.ts';
import { notValidatedLook, unindexedForeignKeysLook } from './constraints.ts';
import { type HealthLook, takeLooks } from './health-check.ts';
import { bloatedIndexesLook, indexesLook } from './indexes.ts';
import { blockingFindings, deadlocksLook } from './locks.ts';
import { slotsLook, standbyItselfLook, standbysLook } from './replication.ts';
import { sequencesLook } from './sequences.ts';
import { checksumsLook, settingsLook } from './settings.ts';
import { buffersLook, checkpointsLook, temporaryFilesLook } from './storage.ts';
import { deadRowsLook, horizonLook, neverAnalyzedLook, wraparoundLook } from './vacuum.ts';

/** What can be checked, by the names that callers use. */
const LOOKS = {
  index: [indexesLook, bloatedIndexesLook],
  connection: [connectionsLook],
  vacuum: [deadRowsLook, wraparoundLook, horizonLook],
  sequence: [sequencesLook],
  replication: [standbysLook, standbyItselfLook, slotsLook],
  buffer: [buffersLook],
  constraint: [notValidatedLook, unindexedForeignKeysLook],
  locks: [deadlocksLook],
  statistics: [neverAnalyzedLook],
  settings: [settingsLook, checksumsLook],
  temp_files: [temporaryFilesLook],
  checkpoints: [checkpointsLook],
} as const satisfies Readonly<Record<string, readonly HealthLook[]>>;

/** Name of a check. */
export type HealthCheckName = keyof typeof LOOKS;

/** Every check, in the order in which they run. */
export const HEALTH_CHECKS = Object.keys(LOOKS) as [HealthCheckName, ...HealthCheckName[]];

/** What the checks came to: findings worst first, and what could not be looked at. Errors: the server's, other than rights and version. */
export async function checkHealth(
  client: Client,
  checks: readonly HealthCheckName[],
  server: ServerFacts,
): Promise<{ findings: Advisory[]; gaps: string[] }> {
  const { findings, gaps } = await takeLooks(
    client,
    checks.flatMap((name): readonly HealthLook[] => LOOKS[name]),
    server,
  );
  const all = [...findings];
  const missing = [...gaps];
  if (checks.includes('locks')) {
    const sessions = await lookUp(
      client,
      'locks',
      () => loadSessions(client),
      (gap) => missing.push(gap),
    );
    all.push(...blockingFindings(sessions ?? []));
  }
  return { findings: rankAdvisories(all), gaps: missing };
}
