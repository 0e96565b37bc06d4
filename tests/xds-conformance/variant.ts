/** How a client speaks xDS. */
export type Protocol = 'sotw' | 'delta';

/** A stream for each type on the type's own service, or one aggregated stream. */
export type Transport = 'separate' | 'ads';

/** One of the four ways to speak xDS: every rule runs in each that it is about. */
export interface Variant {
  readonly protocol: Protocol;
  readonly transport: Transport;
}

const variant = (protocol: Protocol, transport: Transport): Variant => ({ protocol, transport });

/** In the order of the table's columns. */
export const VARIANTS: readonly Variant[] = [
  variant('sotw', 'separate'),
  variant('sotw', 'ads'),
  variant('delta', 'separate'),
  variant('delta', 'ads'),
];

export const SOTW = VARIANTS.filter(({ protocol }) => protocol === 'sotw');
export const DELTA = VARIANTS.filter(({ protocol }) => protocol === 'delta');
/** Rules about the order of types have a meaning on one stream only. */
export const ADS = VARIANTS.filter(({ transport }) => transport === 'ads');

/** As titles and the table say it: `SotW ADS`. */
export function variantName({ protocol, transport }: Variant): string {
  return `${protocol === 'sotw' ? 'SotW' : 'delta'} ${transport === 'ads' ? 'ADS' : 'separate'}`;
}
