import type { ControlPlane } from '../control-plane.ts';
import type { ProxyStatus, Refusal } from '../proxy.ts';
import type { Acknowledgements } from './acknowledgements.ts';

/** How an author of rollbacks of this sort is told from others. */
export const ROLLBACK_ON_NACK = 'rollback-on-nack';
/** So long a proxy may take to answer what was published after what it refused, milliseconds. */
const SETTLED_MS = 5_000;
/** Of a proxy's words in the reason of a rollback. */
const REASON_CHARS = 300;

/** What the policy works with. */
export interface RollbackParts {
  readonly acknowledgements: Acknowledgements;
  /** Who brought the configuration that is current. */
  currentVia(): string;
  settled(group: string, ms: number): Promise<boolean>;
  proxies(): readonly ProxyStatus[];
  readonly rollback: ControlPlane['rollback'];
  readonly report: (message: string, error: unknown) => void;
}

/**
 * The policy `rollback`: when a proxy refuses what a configuration brought, the last configuration that every connected proxy
 * acknowledged becomes current again. It does so once for a configuration, and only when
 * - the refusing proxy had an earlier configuration completely, and never the current one: a proxy that refuses everything, or
 *   that is new, takes nothing away from the others;
 * - a resource that it refused came or changed with the current configuration, and it still refuses it when everything
 *   that was published since is answered;
 * - the current configuration is not itself such a rollback: there is no ping-pong.
 * Who is registered stays as it is: registrations are no configuration.
 */
export class RollbackOnRefusal {
  readonly #parts: RollbackParts;
  /** Number of the configuration that was dealt with last. */
  #dealtWith = 0;

  constructor(parts: RollbackParts) {
    this.#parts = parts;
  }

  /** Called for each refusal. Never rejects. */
  async consider(proxy: { key: string; node: { id: string }; group: string }, refusal: Refusal): Promise<void> {
    const { acknowledgements, report } = this.#parts;
    const refused = acknowledgements.current;
    if (!this.#applies(proxy, refusal, refused)) return;
    await this.#parts.settled(proxy.group, SETTLED_MS);
    const status = this.#parts.proxies().find(({ key }) => key === proxy.key);
    const still = status?.types.some(({ typeUrl, refused: of }) => typeUrl === refusal.typeUrl && of !== null) ?? false;
    if (!still || acknowledgements.current !== refused || !this.#applies(proxy, refusal, refused)) return;
    this.#dealtWith = refused;
    const target = acknowledgements.last(refused);
    const who = `${proxy.node.id || 'A proxy'} refused version ${refused}`;
    if (target === null) {
      report(`${who}; there is no version that every proxy acknowledged to roll back to.`, null);
      return;
    }
    const type = refusal.typeUrl.slice(refusal.typeUrl.lastIndexOf('.') + 1);
    const what = `${type} ${refusal.resources.slice(0, 3).join(', ')}`;
    const reason = `${who}: ${what}: ${refusal.message.slice(0, REASON_CHARS)}`;
    try {
      const author = { subject: 'headgate', via: ROLLBACK_ON_NACK, reason };
      await this.#parts.rollback(String(target), author, { expected: null, dryRun: false, force: false });
      report(`Rolled back to version ${target}: ${reason}`, null);
    } catch (error) {
      report(`${who}, and it could not be rolled back to version ${target}.`, error);
    }
  }

  #applies(proxy: { key: string; group: string }, refusal: Refusal, current: number): boolean {
    if (this.#dealtWith === current || this.#parts.currentVia() === ROLLBACK_ON_NACK) return false;
    return this.#parts.acknowledgements.blames(proxy.key, proxy.group, refusal);
  }
}
