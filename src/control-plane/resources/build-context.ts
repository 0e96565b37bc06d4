import type { DesiredState } from '../desired-state/desired-state.ts';

/** What a secret of the desired state resolves to: PEM text, or bytes of a generic secret. */
export interface SecretMaterial {
  readonly certificateChain: string | null;
  readonly privateKey: string | null;
  readonly trustedCa: string | null;
  readonly generic: string | null;
}

/** What resources are built from. */
export interface BuildContext {
  readonly state: DesiredState;
  /** The group of proxies that they are for: objects whose spec names other groups only are not built. */
  readonly group: string;
  /** The oldest Envoy of the group, `1.28` or later: what it lacks is not used. */
  readonly envoyVersion: { readonly major: number; readonly minor: number };
  /** Material of the secrets that could be resolved. */
  readonly secrets: ReadonlyMap<string, SecretMaterial>;
}

/** The least that is built at once: a cluster with its endpoints, a listener with its route configurations, … */
export interface Unit {
  readonly kind: 'cluster' | 'listener' | 'secret' | 'runtime' | 'resource';
  readonly name: string;
}
