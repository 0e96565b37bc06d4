import { labelLog } from '../../kernel/log-text.ts';
import { metricOf, type PlanSite, sitesNamed } from './plan-nodes.ts';
import type { Run } from './run.ts';

/** A read of files, as far as its text and its metrics tell. Sizes in bytes. */
export interface FileScan {
  readonly site: PlanSite;
  /** Paths as Spark shows them, at most a hundred characters or so; the table name where there are none. */
  readonly location: string;
  /** `Parquet`, `CSV`, …; empty when unknown. */
  readonly format: string;
  readonly fileCount: number | null;
  readonly bytes: number | null;
  readonly rows: number | null;
  /** Time in which tasks read and decoded, ms; null for formats that are read row by row. */
  readonly scanMs: number | null;
}

const SCAN = /^(Scan|FileScan|BatchScan)\b/;

const kept = new WeakMap<Run, readonly FileScan[]>();

/** Scans of files that ran, in the order of executions and nodes. */
export function fileScansOf(run: Run): readonly FileScan[] {
  const known = kept.get(run);
  if (known !== undefined) return known;
  const scans = sitesNamed(run.application.sqlExecutions, SCAN)
    .map(describeScan)
    .filter((scan) => scan.fileCount !== null || scan.bytes !== null || scan.location !== '');
  kept.set(run, scans);
  return scans;
}

/** Metric names of Spark's own file sources, then those of Iceberg (`ResultDataFiles`, `TotalDataFileSize` of its Spark module). */
const FILES = ['number of files read', 'number of result data files'];
const BYTES = ['size of files read', 'total data file size (bytes)'];

function describeScan(site: PlanSite): FileScan {
  const location = scanPart(site, 'Location') ?? '';
  return {
    site,
    location,
    format: scanPart(site, 'Format') ?? /^Scan (\w+)/.exec(site.name)?.[1] ?? '',
    fileCount: metricOf(site, ...FILES),
    bytes: metricOf(site, ...BYTES),
    rows: metricOf(site, 'number of output rows'),
    scanMs: metricOf(site, 'scan time'),
  };
}

/** Longest text of a node that is searched, characters. */
const MAX_TEXT = 20_000;

/** A part of a scan's description, from its metadata (Spark 3 and later), else from its text; null when it has none. */
export function scanPart(site: PlanSite, part: string): string | null {
  const told = site.node.metadata[part];
  if (told !== undefined) return told;
  const text = site.node.simpleString.slice(0, MAX_TEXT);
  const start = text.indexOf(`${part}: `);
  if (start === -1) return null;
  const value = text.slice(start + part.length + 2);
  const end = /, [A-Z]\w*: /.exec(value);
  return end === null ? value : value.slice(0, end.index);
}

/**
 * What people call what a scan reads, safe to print: `InMemoryFileIndex(1 paths)[file:/lake/orders]` → `orders`; the name of
 * the scan where there is no path.
 */
export function tableOf({ location, site }: Pick<FileScan, 'location' | 'site'>): string {
  const paths = /\[([^\]]*)\]?$/.exec(location)?.[1] ?? '';
  const first = paths.split(', ')[0] ?? '';
  const last = first
    .split('/')
    .filter((part) => part !== '' && !part.includes('=') && !part.includes('*'))
    .at(-1);
  return labelLog(last ?? site.name.replace(/^(Scan|FileScan|BatchScan)\s*/, ''));
}

/** A filter list of a scan (`PushedFilters`, `PartitionFilters`): true when it has any; null when the scan does not say. */
export function hasFilters(site: PlanSite, part: 'PushedFilters' | 'PartitionFilters' | 'DataFilters'): boolean | null {
  const text = scanPart(site, part);
  return text === null ? null : !/^\[\s*\]$/.test(text.trim());
}
