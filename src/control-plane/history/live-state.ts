import type { ControlPlaneRecords, StoredVersion } from '../../kernel/control-plane-records.ts';
import { HeadgateError } from '../../kernel/errors.ts';
import { nearest } from '../../kernel/nearest.ts';
import type { Applied } from '../control-plane.ts';
import {
  type DesiredState,
  EMPTY_STATE,
  objectsBetween,
  versionOf,
  withObjects,
} from '../desired-state/desired-state.ts';
import type { ProxyStatus } from '../proxy.ts';
import { EMPTY_SNAPSHOT, type Snapshot } from '../snapshot/snapshot.ts';
import { Acknowledgements } from './acknowledgements.ts';
import type { Builders } from './builders.ts';
import { Compiler, type Step } from './compiler.ts';
import type { Publishing } from './create-control-plane.ts';
import type { Edit } from './edit.ts';
import type { SecretMaterials } from './secret-materials.ts';
import type { Head } from './stage-edit.ts';
import { changeOf, stateOf } from './stored-forms.ts';
import { type AppliedEdit, WriteQueue } from './write-queue.ts';

/** The mark of the version that every proxy acknowledged last. */
const ACKNOWLEDGED_MARK = 'acknowledged';
/** Versions that are looked through for the newest that is of configuration. */
const LOOKED_BACK = 200;
/** Hashes of configurations that are remembered by their numbers. */
const REMEMBERED_HASHES = 500;

/** What the live state stands on. */
export interface LiveParts {
  readonly records: ControlPlaneRecords;
  readonly builders: Builders;
  readonly secrets: SecretMaterials;
  readonly clock: () => number;
  readonly report: (message: string, error: unknown) => void;
  readonly nextId: (at: number) => string;
  readonly proxies: () => readonly ProxyStatus[];
}

interface Configuration {
  readonly number: number;
  readonly version: string;
  readonly via: string;
}

const NO_CONFIGURATION: Configuration = { number: 0, version: versionOf(EMPTY_STATE), via: 'start' };

/** The current version: compiled, published, and kept in step with the store. */
export class LiveState {
  readonly acknowledgements: Acknowledgements;
  readonly #parts: LiveParts;
  readonly #compiler: Compiler;
  readonly #queue: WriteQueue;
  readonly #hashes = new Map<number, string>();
  #head: Head = { state: EMPTY_STATE, number: 0 };
  #configuration = NO_CONFIGURATION;
  #xds: Publishing | null = null;
  #keptMark: string | null;
  #published = false;
  /** Number of the version that was reported as one that cannot be served here. */
  #unserved: number | null = null;

  private constructor(parts: LiveParts, mark: string | null) {
    this.#parts = parts;
    this.#keptMark = mark;
    const acknowledged = mark === null ? null : (JSON.parse(mark) as { number: number; version: string });
    if (acknowledged !== null) this.#hashes.set(acknowledged.number, acknowledged.version);
    const connected = () => new Set(parts.proxies().map(({ key }) => key));
    this.acknowledgements = new Acknowledgements(connected, acknowledged?.number ?? null);
    this.#compiler = new Compiler(parts.builders);
    this.#queue = new WriteQueue({
      ...parts,
      compiler: this.#compiler,
      head: () => this.#head,
      adopt: (head, applied) => this.#adopt(head, applied),
      catchUp: () => this.#catchUp(),
    });
  }

  /** Errors: those of the store. */
  static async open(parts: LiveParts): Promise<LiveState> {
    return new LiveState(parts, await parts.records.mark(ACKNOWLEDGED_MARK));
  }

  get head(): Head {
    return this.#head;
  }

  get state(): DesiredState {
    return this.#head.state;
  }

  get groups(): readonly string[] {
    return this.#compiler.groups;
  }

  /** Who brought the current configuration. */
  get currentVia(): string {
    return this.#configuration.via;
  }

  get lastAcknowledgedNumber(): number | null {
    return this.acknowledgements.last();
  }

  /** Hash of the last version that every connected proxy acknowledged; null: none is known. */
  get lastAcknowledged(): string | null {
    const number = this.acknowledgements.last();
    return number === null ? null : (this.#hashes.get(number) ?? null);
  }

  /** Errors: `not_found`. */
  snapshot(group: string): Snapshot {
    const snapshot = this.#compiler.snapshot(group);
    if (snapshot !== undefined) return snapshot;
    throw new HeadgateError('not_found', `There is no group ${JSON.stringify(group)} of proxies.`, {
      hint: `There is ${this.groups.join(', ')}.`,
      details: { nearest: nearest(group, this.groups) },
    });
  }

  /** Resumes what is current in the store, and publishes it. Errors: those of the store. */
  async start(xds: Publishing): Promise<void> {
    this.#xds = xds;
    await this.#queue.alone(() => this.#catchUp());
    if (this.#compiler.state === this.#head.state) this.#publish([], false);
  }

  edit(edit: Edit): Promise<Applied> {
    return this.#queue.submit(edit);
  }

  /** Takes over what another control plane of the store has written. Errors: those of the store. */
  async follow(): Promise<void> {
    const head = await this.#parts.records.head();
    if (head !== null && head.number > this.#head.number) await this.#queue.alone(() => this.#catchUp());
  }

  /** Resolves secrets anew and publishes those that hold something else. Errors: `invalid_argument` with problems. */
  async refreshSecrets(): Promise<void> {
    if (this.#head.state.secrets.size === 0) return;
    await this.#queue.alone(async () => {
      const { secrets } = this.#parts;
      const before = { materials: secrets.materials, problems: secrets.problems };
      const units = await secrets.refresh(this.#head.state);
      this.#reportUnresolved(before.problems);
      if (this.#compiler.state !== this.#head.state) {
        await this.#compile();
        return;
      }
      if (units.length === 0) return;
      try {
        const step = await this.#compiler.rebuild(units, secrets.materials);
        this.#publish(step.groups.keys(), false);
      } catch (error) {
        secrets.restore(before);
        throw error;
      }
    });
  }

  /** Tells of each secret once that no longer resolves: what it held is served on. */
  #reportUnresolved(before: SecretMaterials['problems']): void {
    for (const [name, { message }] of this.#parts.secrets.problems)
      if (!before.has(name))
        this.#parts.report(`secrets/${name} no longer resolves; what it held is served on: ${message}`, null);
  }

  /** Notes in the store what was acknowledged last, when it is another version than before. Errors: those of the store. */
  async keepAcknowledged(): Promise<void> {
    const number = this.acknowledgements.last();
    const version = number === null ? undefined : this.#hashes.get(number);
    if (version === undefined) return;
    const mark = JSON.stringify({ number, version });
    if (mark === this.#keptMark) return;
    await this.#parts.records.setMark(ACKNOWLEDGED_MARK, mark);
    this.#keptMark = mark;
  }

  /** Resolves when every change that was taken is answered. */
  async close(): Promise<void> {
    await this.#queue.idle();
    // What cannot be written now is learned again from the proxies.
    await this.keepAcknowledged().catch((error: unknown) =>
      this.#parts.report('Which version the proxies acknowledged could not be stored.', error),
    );
  }

  #adopt(head: Head, applied: readonly AppliedEdit[]): void {
    this.#head = head;
    const configured = applied.findLast(({ edit }) => edit.configuration);
    if (configured !== undefined) this.#configure(configured.version);
    const groups = new Set(applied.flatMap(({ step }) => [...step.groups.keys()]));
    this.#publish(
      groups,
      applied.some(({ step }) => step.regrouped),
    );
  }

  #configure({ number, version, via }: Pick<StoredVersion, 'number' | 'version' | 'via'>): void {
    this.#configuration = { number, version, via };
    this.#hashes.set(number, version);
    const [oldest] = this.#hashes.keys();
    if (this.#hashes.size > REMEMBERED_HASHES && oldest !== undefined) this.#hashes.delete(oldest);
  }

  /** New groups come before proxies are asked again, and old ones go after. */
  #publish(groups: Iterable<string>, regrouped: boolean): void {
    const xds = this.#xds;
    if (xds === null) return;
    const snapshots = new Map(this.groups.map((group) => [group, this.snapshot(group)]));
    this.acknowledgements.published(this.#configuration.number, snapshots);
    const gone: string[] = [];
    // The first time also those that have nothing: their proxies are to know that there is nothing.
    const due = this.#published ? groups : new Set([...this.groups, ...groups]);
    this.#published = true;
    for (const group of due) {
      const snapshot = snapshots.get(group);
      if (snapshot === undefined) gone.push(group);
      else xds.publish(group, snapshot);
    }
    if (regrouped) xds.regroup();
    for (const group of gone) xds.publish(group, EMPTY_SNAPSHOT);
  }

  /** Brings this control plane to the newest version of the store. */
  async #catchUp(): Promise<void> {
    const { records, secrets, report } = this.#parts;
    const stored = await records.head();
    if (stored === null || stored.number === this.#head.number) return;
    const state = await this.#stateOf(stored);
    const change = objectsBetween(this.#head.state, state);
    const unresolved = await secrets.resolve(change.changed.filter(({ kind }) => kind === 'secrets'));
    for (const { message } of unresolved) report(`A secret cannot be resolved: ${message}`, null);
    const configuration = await this.#configurationOf(stored);
    this.#head = { state, number: stored.number };
    this.#configure(configuration);
    await this.#compile();
  }

  /** Compiles what is current and publishes it. One that cannot be compiled here is reported, and what is served stays. */
  async #compile(): Promise<void> {
    const { secrets, report } = this.#parts;
    const { state, number } = this.#head;
    let step: Step;
    try {
      step = await this.#compiler.advance(state, objectsBetween(this.#compiler.state, state), secrets.materials);
    } catch (error) {
      if (this.#unserved !== number)
        report(`Version ${number} of the store cannot be served here; what was published stays.`, error);
      this.#unserved = number;
      return;
    }
    this.#unserved = null;
    this.#publish(step.groups.keys(), step.regrouped);
  }

  async #stateOf({ number, version }: StoredVersion): Promise<DesiredState> {
    const { records } = this.#parts;
    if (this.#head.number > 0) {
      const { changed, removed } = changeOf(await records.changesBetween(this.#head.number, number));
      const state = withObjects(this.#head.state, changed, removed);
      // What retention removed in between leaves a difference.
      if (versionOf(state) === version) return state;
    }
    return stateOf(await records.objectsAt(number));
  }

  async #configurationOf(stored: StoredVersion): Promise<StoredVersion> {
    if (stored.configuration) return stored;
    const { versions } = await this.#parts.records.versions({ limit: LOOKED_BACK, before: stored.number });
    return versions.find(({ configuration }) => configuration) ?? stored;
  }
}
