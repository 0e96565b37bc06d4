import type { ClusterSpec } from '../../desired-state/cluster.ts';
import { duration } from '../duration.ts';

/** Envoy's own number of failures in a row. */
const FAILURES = 5;
/** Every this many seconds ejections are looked at anew: half of Envoy's own, as replicas restart within seconds. */
const INTERVAL_S = 5;
const BASE_EJECTION_S = 10;
const MAX_EJECTION_S = 120;
/** Half of the servers always get requests: when more are bad, ejecting helps nobody. */
const MAX_EJECTED_PERCENT = 50;

/** Ejection of bad endpoints as Envoy's `OutlierDetection`; null: off. Only what is enforced is counted: rates of success are not. */
export function outlierDetection({ outlier_detection: given = true }: ClusterSpec): Record<string, unknown> | null {
  if (given === false) return null;
  const spec = given === true ? {} : given;
  const gateway = spec.consecutive_gateway_failures ?? FAILURES;
  const local = spec.consecutive_connect_failures ?? FAILURES;
  const any = spec.consecutive_5xx ?? 0;
  const base = spec.base_ejection_s ?? BASE_EJECTION_S;
  return {
    ...counted('consecutive_5xx', any),
    ...counted('consecutive_gateway_failure', gateway),
    split_external_local_origin_errors: true,
    ...counted('consecutive_local_origin_failure', local),
    enforcing_success_rate: 0,
    enforcing_local_origin_success_rate: 0,
    interval: duration(spec.interval_s ?? INTERVAL_S),
    base_ejection_time: duration(base),
    max_ejection_time: duration(Math.max(base, spec.max_ejection_s ?? MAX_EJECTION_S)),
    max_ejection_percent: Math.round(spec.max_ejected_percent ?? MAX_EJECTED_PERCENT),
  };
}

function counted(field: string, count: number): Record<string, number> {
  return count === 0 ? { [`enforcing_${field}`]: 0 } : { [field]: count, [`enforcing_${field}`]: 100 };
}
