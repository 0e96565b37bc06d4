/** How a stream's responses are written. Responses are shared by streams of one dialect. */
export interface Dialect {
  readonly protocol: 'sotw' | 'delta';
  /** The client understands times to live (T1). */
  readonly ttl: boolean;
  /** Where responses of this dialect are kept. */
  readonly index: 0 | 1 | 2 | 3;
}

const TTL_FEATURE = 'xds.config.supports-resource-ttl';
const WRAPPED_FEATURE = 'xds.config.supports-resource-in-sotw';

const SOTW: Dialect = { protocol: 'sotw', ttl: false, index: 0 };
const SOTW_TTL: Dialect = { protocol: 'sotw', ttl: true, index: 1 };
const DELTA: Dialect = { protocol: 'delta', ttl: false, index: 2 };
const DELTA_TTL: Dialect = { protocol: 'delta', ttl: true, index: 3 };

/** The dialect of a client with these features. The state of the world carries times to live only in wrapped resources. */
export function dialectOf(protocol: 'sotw' | 'delta', features: ReadonlySet<string>): Dialect {
  const ttl = features.has(TTL_FEATURE);
  if (protocol === 'delta') return ttl ? DELTA_TTL : DELTA;
  return ttl && features.has(WRAPPED_FEATURE) ? SOTW_TTL : SOTW;
}
