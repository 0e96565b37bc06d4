import type { ControlPlaneRecords } from '../../kernel/control-plane-records.ts';
import type { ControlPlane } from '../control-plane.ts';
import type { DesiredState } from '../desired-state/desired-state.ts';
import type { Builders } from './builders.ts';
import { compareStates } from './compare-versions.ts';
import { findVersion } from './find-version.ts';
import type { RefusalLog } from './refusal-log.ts';
import type { SecretMaterials } from './secret-materials.ts';
import type { Head } from './stage-edit.ts';
import { stateOf, toChangeAudit, toVersionRecord } from './stored-forms.ts';

/** States that were read and are kept: comparing pages through them. */
const KEPT_STATES = 4;

/** What history is read from. */
export interface ReadParts {
  readonly records: ControlPlaneRecords;
  readonly refusals: RefusalLog;
  readonly builders: Builders;
  readonly secrets: SecretMaterials;
  head(): Head;
}

/** The part of a control plane that only reads what was. Errors of each: those of the store, besides what `ControlPlane` says. */
export function createHistoryReader(
  parts: ReadParts,
): Pick<ControlPlane, 'versions' | 'findVersion' | 'stateAt' | 'compare' | 'audit' | 'refusals'> {
  const { records, refusals, builders, secrets } = parts;
  const states = new Map<number, DesiredState>();

  const stateOfNumber = async (number: number): Promise<DesiredState> => {
    const head = parts.head();
    if (head.number === number) return head.state;
    const state = states.get(number) ?? stateOf(await records.objectsAt(number));
    states.delete(number);
    states.set(number, state);
    const [oldest] = states.keys();
    if (states.size > KEPT_STATES && oldest !== undefined) states.delete(oldest);
    return state;
  };
  const stateAt = async (version: string) => stateOfNumber((await findVersion(records, version)).number);

  return {
    async versions(page) {
      const { versions, total } = await records.versions(page);
      return { versions: versions.map(toVersionRecord), total };
    },
    findVersion: async (version) => toVersionRecord(await findVersion(records, version)),
    stateAt,
    compare: async (from, to) => compareStates(await stateAt(from), await stateAt(to), builders, secrets.materials),
    async audit(page) {
      const { audits, total } = await records.audits(page);
      return { entries: audits.map(toChangeAudit), total };
    },
    refusals: ({ limit }) => refusals.newest(limit),
  };
}
