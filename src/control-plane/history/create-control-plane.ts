import type { ControlPlaneRecords } from '../../kernel/control-plane-records.ts';
import { HeadgateError } from '../../kernel/errors.ts';
import type { SecretResolver } from '../../kernel/secret-resolver.ts';
import type { ObjectChange } from '../desired-state/desired-state.ts';
import { versionOf } from '../desired-state/desired-state.ts';
import { groupOf } from '../desired-state/proxy-group.ts';
import type { Problem } from '../problem.ts';
import type { XdsServer, XdsServerParts } from '../server/xds-server.ts';
import type { Builders } from './builders.ts';
import { requireOwner, type StateFile } from './desired-state-owner.ts';
import type { EditableControlPlane } from './edit.ts';
import { ENVOY_BUILDERS } from './envoy-builders.ts';
import { LiveState } from './live-state.ts';
import { createHistoryReader } from './read-history.ts';
import { RefusalLog } from './refusal-log.ts';
import { resolveChanges } from './resolve-changes.ts';
import { explainRollback, resolveRollback } from './roll-back.ts';
import { RollbackOnRefusal } from './rollback-on-refusal.ts';
import { SecretMaterials } from './secret-materials.ts';
import { createIds } from './stored-forms.ts';
import { startUpkeep } from './upkeep.ts';

/** What is kept of the history when nothing else is said: of configuration, and of registrations, each. */
const KEPT_VERSIONS = 1_000;
const KEPT_AUDITS = 100_000;
const KEPT_REFUSALS = 10_000;
/** How long another control plane's change takes to be seen here at most, and how often what waits is written. Milliseconds. */
const FOLLOW_MS = 1_000;
/** How long a renewed certificate takes to be seen. Milliseconds. */
const SECRETS_MS = 60_000;
const PRUNE_MS = 60_000;
const DAY_MS = 86_400_000;

/** What the xDS server asks of a control plane. */
export type XdsHooks = Required<Pick<XdsServerParts, 'groupOf' | 'onRefused' | 'onCurrent'>>;

/** What a control plane asks of the xDS server. */
export type Publishing = Pick<XdsServer, 'publish' | 'regroup' | 'proxies' | 'settled'>;

/** What a control plane is made of. */
export interface ControlPlaneParts {
  readonly records: ControlPlaneRecords;
  /** Makes the server that the snapshots are published to. */
  readonly xds: (hooks: XdsHooks) => Publishing;
  /** Now, epoch ms. */
  readonly clock: () => number;
  /** Told of what goes wrong, or is done, while nobody waits for it. */
  readonly report: (message: string, error: unknown) => void;
  readonly resolveSecret: SecretResolver;
  readonly policy: { readonly onNack: 'record' | 'rollback' };
  /** How much of the history is kept; days null: whatever its age. Absent: 1,000 versions and 100,000 audit entries. */
  readonly retention?: { readonly versions?: number; readonly audits?: number; readonly days?: number | null };
  /** The file that the state is taken from; absent: none. Who watches it applies it. */
  readonly file?: StateFile | null;
  /** Told as well, after the control plane: for figures and logs. */
  readonly observer?: Partial<Pick<XdsHooks, 'onRefused' | 'onCurrent'>>;
  /** Envoy's unless a test says otherwise. */
  readonly builders?: Builders;
}

/**
 * The control plane over a store: resumes the version that is current there, and publishes it.
 * Errors: those of the store.
 */
export async function createControlPlane(parts: ControlPlaneParts): Promise<EditableControlPlane> {
  const { records, clock, report, file = null, builders = ENVOY_BUILDERS, observer = {} } = parts;
  const nextId = createIds();
  const secrets = new SecretMaterials(parts.resolveSecret);
  const refusals = new RefusalLog(records, nextId, report);
  const proxies = () => xds.proxies();
  const live = await LiveState.open({ records, builders, secrets, clock, report, nextId, proxies });
  const rollingBack = new RollbackOnRefusal({
    acknowledgements: live.acknowledgements,
    currentVia: () => live.currentVia,
    settled: (group, ms) => xds.settled(group, ms),
    proxies,
    rollback: (...args) => controlPlane.rollback(...args),
    report,
  });
  const xds: Publishing = parts.xds({
    groupOf: (node) => groupOf(live.state, node),
    onRefused(proxy, refusal) {
      refusals.add({ node: proxy.node.id, group: proxy.group, ...refusal });
      observer.onRefused?.(proxy, refusal);
      if (parts.policy.onNack !== 'rollback') return;
      rollingBack
        .consider(proxy, refusal)
        .catch((error: unknown) => report('A refusal could not be dealt with.', error));
    },
    onCurrent(proxy, version, convergenceMs) {
      live.acknowledgements.acknowledged(proxy.key, proxy.group, version);
      observer.onCurrent?.(proxy, version, convergenceMs);
    },
  });
  await live.start(xds);

  const prune = () => {
    const { versions = KEPT_VERSIONS, audits = KEPT_AUDITS, days = null } = parts.retention ?? {};
    const before = days === null ? null : clock() - days * DAY_MS;
    const acknowledged = live.lastAcknowledgedNumber;
    const always = acknowledged === null ? [] : [acknowledged];
    return records.prune({ versions, audits, refusals: KEPT_REFUSALS, before, always }, stopping.signal);
  };
  const stopping = new AbortController();
  const upkeep = startUpkeep(
    [
      { what: 'following other control planes of the same store', everyMs: FOLLOW_MS, run: () => live.follow() },
      { what: 'writing what proxies acknowledged', everyMs: FOLLOW_MS, run: () => live.keepAcknowledged() },
      { what: 'writing what proxies refused', everyMs: FOLLOW_MS, run: () => refusals.write() },
      { what: 'resolving secrets anew', everyMs: SECRETS_MS, run: () => live.refreshSecrets() },
      { what: 'removing old versions', everyMs: PRUNE_MS, run: prune },
    ],
    report,
  );

  const changed = (changes: readonly ObjectChange[], replace: boolean) => ({
    configuration: true,
    unresolved: 'refuse' as const,
    resolve: (state: EditableControlPlane['state']) =>
      resolveChanges(state, changes, { replace, registrations: false }, builders.checkObject),
  });
  const controlPlane: EditableControlPlane = {
    ...createHistoryReader({ records, refusals, builders, secrets, head: () => live.head }),
    get state() {
      return live.state;
    },
    get version() {
      return versionOf(live.state);
    },
    get lastAcknowledged() {
      return live.lastAcknowledged;
    },
    async apply(changes, author, { expected, expectedObject, dryRun, replace = false }) {
      if (!dryRun) requireOwner(file, author);
      const object = expectedObject === undefined ? {} : { expectedObject };
      return live.edit({ author, action: 'apply', expected, ...object, dryRun, ...changed(changes, replace) });
    },
    async validate(changes, { replace }) {
      const author = { subject: '', via: 'validate', reason: null };
      const edit = { author, action: 'validate', expected: null, dryRun: true, ...changed(changes, replace) };
      return live.edit(edit).then(({ warnings }) => warnings, problemsIn);
    },
    async rollback(version, author, { expected, dryRun, force }) {
      const { number } = await controlPlane.findVersion(version);
      const target = await controlPlane.stateAt(String(number));
      return live.edit({
        author,
        action: 'rollback',
        expected,
        dryRun,
        configuration: true,
        unresolved: force ? 'warn' : 'refuse',
        resolve: (state) => resolveRollback(state, target, force),
        explain: explainRollback(version),
      });
    },
    edit: (edit) => live.edit(edit),
    follow: () => live.follow(),
    refreshSecrets: () => live.refreshSecrets(),
    groups: () => live.groups,
    snapshot: (group) => live.snapshot(group),
    resourceJson: (resource) => builders.resourceJson(resource),
    proxies,
    async close() {
      stopping.abort();
      await upkeep.stop();
      await live.close();
      await refusals.write();
    },
  };
  return controlPlane;
}

/** Problems that an error carries; an error without is one itself. Errors: what is no fault of the change. */
function problemsIn(error: unknown): Problem[] {
  if (!(error instanceof HeadgateError)) throw error;
  const { problems } = error.details ?? {};
  if (Array.isArray(problems)) return problems as Problem[];
  if (error.code !== 'not_found' && error.code !== 'invalid_argument') throw error;
  const hint = error.hint === undefined ? {} : { hint: error.hint };
  return [{ severity: 'error', rule: error.code.replaceAll('_', '-'), path: '', message: error.message, ...hint }];
}
