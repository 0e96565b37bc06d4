import type { Resource } from '../resource.ts';
import type { ClientView } from './client-view.ts';
import type { Gate } from './gate.ts';
import { PART_BYTES, type ResourceSet } from './transition.ts';

/** What a client can be sent, and where it stands. */
export interface Offer {
  readonly typeUrl: string;
  readonly view: ClientView;
  readonly current: ResourceSet;
  readonly gate: Gate;
  /** Removals are said, and large responses are split. */
  readonly delta: boolean;
}

/** What goes into a response. */
export class Due {
  readonly changed: Resource[] = [];
  readonly removed: string[] = [];
  #bytes = 0;

  *names(): Iterable<string> {
    for (const { name } of this.changed) yield name;
    yield* this.removed;
  }

  /** It takes a resource and stays small enough. */
  fits(resource: Resource, delta: boolean): boolean {
    return !delta || this.#bytes === 0 || this.#bytes + resource.body.length <= PART_BYTES;
  }

  add(resource: Resource): void {
    this.changed.push(resource);
    this.#bytes += resource.body.length;
  }
}

/** Adds what the client asked for itself. What can be answered is taken out of `asked`; the rest waits for what it refers to. */
export function addAsked(asked: Set<string>, offer: Offer, due: Due): Due {
  const { typeUrl, view, current, gate, delta } = offer;
  for (const name of due.names()) asked.delete(name);
  for (const name of asked) {
    const served = current.get(name);
    if (served === undefined) {
      if (!view.hasNothing(name) && !gate.mayRemove(typeUrl, name)) continue;
      removal(name, offer, due);
    } else if (!gate.mayUpdate(served)) continue;
    else if (due.fits(served, delta)) due.add(served);
    else break;
    asked.delete(name);
  }
  return due;
}

/**
 * What changed: all in which the client differs from the current set, which its view is compared with. Answers also what is held
 * back. `open`: what is on its way to it, as versions; null: removals.
 */
export function dueChanges(
  offer: Offer,
  open: ReadonlyMap<string, string | null>,
): { readonly due: Due; readonly heldBack: readonly string[] } {
  const { typeUrl, current, gate, delta } = offer;
  releaseRefused(offer);
  const due = new Due();
  const heldBack: string[] = [];
  for (const name of namesDue(offer, open)) {
    const served = current.get(name);
    const allowed = served === undefined ? gate.mayRemove(typeUrl, name) : gate.mayUpdate(served);
    if (!allowed) heldBack.push(name);
    else if (served === undefined) removal(name, offer, due);
    else if (due.fits(served, delta)) due.add(served);
    else break;
  }
  return { due, heldBack };
}

/** Names in which the client will differ from the current set when it has all that is on its way. */
function* namesDue({ view, current }: Offer, open: ReadonlyMap<string, string | null>): Iterable<string> {
  const differs = (name: string) => !open.has(name) || open.get(name) !== (current.get(name)?.version ?? null);
  for (const [name, { refused }] of view.exceptions)
    if ((refused === null || refused.response.released) && differs(name)) yield name;
  for (const name of open.keys()) if (!view.exceptions.has(name) && differs(name)) yield name;
}

/** The state of the world has no word for the removal of a single resource: the client drops it with what referred to it. */
function removal(name: string, { view, delta }: Offer, due: Due): void {
  if (delta) due.removed.push(name);
  else view.set(name, null);
}

/** A refused response is offered again when one of its resources is not what was refused any more. */
function releaseRefused({ view, current }: Offer): void {
  for (const [name, { refused }] of view.exceptions)
    if (refused !== null && (current.get(name)?.version ?? null) !== refused.version) refused.response.released = true;
}
