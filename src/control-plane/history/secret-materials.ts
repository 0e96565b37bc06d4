import { HeadgateError } from '../../kernel/errors.ts';
import type { SecretResolver } from '../../kernel/secret-resolver.ts';
import type { DesiredObject, DesiredState } from '../desired-state/desired-state.ts';
import type { SecretReference, SecretSpec } from '../desired-state/secret.ts';
import type { Problem } from '../problem.ts';
import type { SecretMaterial, Unit } from '../resources/build-context.ts';

/** What the secrets of a state hold, in memory only. */
export class SecretMaterials {
  readonly #resolve: SecretResolver;
  #materials: ReadonlyMap<string, SecretMaterial> = new Map();
  #problems: ReadonlyMap<string, Problem> = new Map();

  constructor(resolve: SecretResolver) {
    this.#resolve = resolve;
  }

  /** Of the secrets that could be resolved. */
  get materials(): ReadonlyMap<string, SecretMaterial> {
    return this.#materials;
  }

  /** Resolves secrets anew; says what of them could not be. One that could be earlier keeps what it held. */
  async resolve(secrets: readonly DesiredObject[]): Promise<Problem[]> {
    const found = await Promise.all(secrets.map((secret) => this.#resolveOne(secret)));
    const materials = new Map(this.#materials);
    const problems = new Map(this.#problems);
    for (const { name, material, problem } of found) {
      if (material !== null) materials.set(name, material);
      if (problem === null) problems.delete(name);
      else problems.set(name, problem);
    }
    this.#materials = materials;
    this.#problems = problems;
    return found.flatMap(({ problem }) => problem ?? []);
  }

  /** Resolves all secrets of a state anew. Returns the units whose material is another one now. */
  async refresh(state: DesiredState): Promise<Unit[]> {
    const before = this.#materials;
    await this.resolve([...state.secrets]);
    return [...state.secrets]
      .filter(({ name }) => !isSame(before.get(name), this.#materials.get(name)))
      .map(({ name }) => ({ kind: 'secret', name }));
  }

  /** What could not be resolved at the last try, by name. */
  get problems(): ReadonlyMap<string, Problem> {
    return this.#problems;
  }

  /** Takes back what `resolve` learned. */
  restore({ materials, problems }: Pick<SecretMaterials, 'materials' | 'problems'>): void {
    this.#materials = materials;
    this.#problems = problems;
  }

  async #resolveOne({ name, spec }: DesiredObject) {
    const { certificate, key, ca, value } = spec as SecretSpec;
    const take = async (reference: SecretReference | undefined, what: string) =>
      reference === undefined ? null : this.#resolve(reference, `${what} of secrets/${name}`);
    try {
      const [certificateChain, privateKey, trustedCa, generic] = await Promise.all([
        take(certificate, 'the certificate'),
        take(key, 'the key'),
        take(ca, 'the authorities'),
        take(value, 'the value'),
      ]);
      return { name, material: { certificateChain, privateKey, trustedCa, generic }, problem: null };
    } catch (error) {
      if (!(error instanceof HeadgateError)) throw error;
      const hint = error.hint === undefined ? {} : { hint: error.hint };
      const problem: Problem = {
        severity: 'error',
        rule: 'unresolved-secret',
        path: `secrets/${name}`,
        message: error.message,
        ...hint,
      };
      return { name, material: null, problem };
    }
  }
}

function isSame(one: SecretMaterial | undefined, other: SecretMaterial | undefined): boolean {
  return (
    one?.certificateChain === other?.certificateChain &&
    one?.privateKey === other?.privateKey &&
    one?.trustedCa === other?.trustedCa &&
    one?.generic === other?.generic
  );
}
