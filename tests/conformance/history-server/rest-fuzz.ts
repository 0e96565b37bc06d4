import fc from 'fast-check';

const WORDS = [
  'applications',
  'jobs',
  'stages',
  'executors',
  'allexecutors',
  'sql',
  'environment',
  'storage',
  'rdd',
  'logs',
  'version',
  'taskList',
  'taskSummary',
  'streaming',
  'statistics',
  'batches',
  'allmiscellaneousprocess',
  'threads',
  'driver',
  '0',
  '1',
  '2',
  '7',
  '-1',
  '+1',
  '00',
  '99999999999',
  '1.5',
  'x',
  'null',
  'NaN',
  'ä',
  '日本',
  'a b',
  '%41',
  '%C3%A4',
  '..x',
  '~',
  "'",
  '(',
  '!',
  '__proto__',
] as const;
const KEYS = [
  'status',
  'limit',
  'minDate',
  'maxDate',
  'minEndDate',
  'maxEndDate',
  'details',
  'withSummaries',
  'quantiles',
  'taskStatus',
  'offset',
  'length',
  'sortBy',
  'planDescription',
  'nothing',
  '__proto__',
] as const;
const VALUES = [
  '',
  '0',
  '1',
  '5',
  '-3',
  '+2',
  '007',
  '2147483647',
  '2147483648',
  '1e3',
  '0.5',
  '.5',
  '5.',
  '0.1,0.9',
  ',',
  '0.5,',
  ',0.5',
  'NaN',
  'Infinity',
  'true',
  'TRUE',
  'false',
  'yes',
  'running',
  'COMPLETED',
  'succeeded',
  'FAILED',
  'complete',
  'skipped',
  'killed',
  'SUCCESS',
  'unknown',
  'get result',
  'ID',
  'runtime',
  '-runtime',
  'RUNTIME',
  'decreasing_runtime',
  'speed',
  '2026-11-21',
  '2026-11-21T07:04:00.000GMT',
  '2026-1-1',
  '2026-11-21T07:04',
  '20261121',
  'today',
  ' ',
  ' 5',
  '5 ',
  '%00',
  'ä',
  "'",
  '"',
  '<x>',
  '0x10',
  '1d',
  '1f',
  '1L',
] as const;

/** Addresses that nobody meant, below `/api/v1`; always the same ones of a seed. */
export function fuzzAddresses(applicationIds: readonly string[], count: number, seed: number): string[] {
  const segment = fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...WORDS) }, fc.constantFrom(...applicationIds));
  const known = fc
    .tuple(fc.constantFrom(...applicationIds), fc.array(fc.constantFrom(...WORDS), { maxLength: 5 }))
    .map(([id, rest]) => ['applications', id, ...rest]);
  const list = fc
    .tuple(
      fc.constantFrom(...applicationIds),
      fc.constantFrom(
        'jobs',
        'stages',
        'stages/0',
        'stages/0/0',
        'stages/0/0/taskList',
        'stages/0/0/taskSummary',
        'sql',
        'sql/0',
      ),
    )
    .map(([id, path]) => ['applications', id, ...path.split('/')]);
  const path = fc.oneof(fc.array(segment, { minLength: 1, maxLength: 5 }), known, list, fc.constant(['applications']));
  const pair = fc.tuple(fc.constantFrom(...KEYS), fc.constantFrom(...VALUES));
  const address = fc.tuple(path, fc.array(pair, { maxLength: 4 })).map(([segments, pairs]) => {
    const query = pairs.map(([key, value]) => `${key}=${encodeURIComponent(value)}`).join('&');
    return `/${segments.map(encodeSegment).join('/')}${query === '' ? '' : `?${query}`}`;
  });
  return fc.sample(address, { numRuns: count, seed });
}

/** A segment that is percent-encoded already stays so. */
const encodeSegment = (segment: string): string => (segment.startsWith('%') ? segment : encodeURIComponent(segment));
