import type { Problem } from '../problem.ts';
import { type Resource, resourceType } from '../resource.ts';
import { bindPort, bindsOverlap } from './bind-addresses.ts';
import type { SnapshotChange } from './snapshot.ts';

const LISTENERS = resourceType('listeners')?.typeUrl;

/** Which listener binds what. */
export class PortIndex {
  readonly #binds = new Map<string, readonly string[]>();
  /** By protocol and port, the listeners there. */
  readonly #listeners = new Map<string, Set<string>>();

  /** Listeners of a change that cannot bind because of one another, or of those that stay. */
  conflicts({ changed, removed }: SnapshotChange): Problem[] {
    const listeners = changed.filter(({ typeUrl }) => typeUrl === LISTENERS);
    const later = new Map(listeners.map(({ name, binds }) => [name, binds]));
    const gone = new Set(removed.filter(({ typeUrl }) => typeUrl === LISTENERS).map(({ name }) => name));
    const problems: Problem[] = [];
    const placed = new Map<string, Array<{ name: string; bind: string }>>();
    for (const listener of later.keys())
      for (const bind of later.get(listener) ?? []) {
        const here = placed.get(bindPort(bind)) ?? this.#stay(bind, later, gone);
        const other = here.find((each) => bindsOverlap(each.bind, bind));
        if (other !== undefined) problems.push(conflict(listener, bind, other));
        placed.set(bindPort(bind), [...here, { name: listener, bind }]);
      }
    return problems;
  }

  apply({ changed, removed }: SnapshotChange): void {
    for (const { typeUrl, name } of removed) if (typeUrl === LISTENERS) this.#replace(name, []);
    for (const { typeUrl, name, binds } of changed) if (typeUrl === LISTENERS) this.#replace(name, binds);
  }

  /** What is bound at a port by listeners that the change leaves alone. */
  #stay(bind: string, later: ReadonlyMap<string, unknown>, gone: ReadonlySet<string>) {
    const names = [...(this.#listeners.get(bindPort(bind)) ?? [])];
    return names
      .filter((name) => !later.has(name) && !gone.has(name))
      .flatMap((name) => (this.#binds.get(name) ?? []).map((each) => ({ name, bind: each })));
  }

  #replace(name: string, binds: Resource['binds']): void {
    for (const bind of this.#binds.get(name) ?? []) this.#listeners.get(bindPort(bind))?.delete(name);
    if (binds.length === 0) this.#binds.delete(name);
    else this.#binds.set(name, binds);
    for (const bind of binds) {
      const names = this.#listeners.get(bindPort(bind)) ?? new Set<string>();
      names.add(name);
      this.#listeners.set(bindPort(bind), names);
    }
  }
}

function conflict(listener: string, bind: string, other: { name: string; bind: string }): Problem {
  const where = other.bind === bind ? bind : `${bind}, and ${other.bind} covers it or is covered by it`;
  return {
    severity: 'error',
    rule: 'port-conflict',
    path: `listeners/${listener}`,
    message:
      other.name === listener
        ? `The listener binds ${where} twice.`
        : `The listeners ${other.name} and ${listener} cannot both bind ${where}.`,
    hint: 'Give one of them another port.',
  };
}
