import { fileURLToPath } from 'node:url';
import { addressOf, type RestServerAccess, type SourcePlace, type SparkHistorySource } from '../kernel/config.ts';
import type { ConfigFile } from '../kernel/config-file.ts';

/** How long a remote source may stay silent. */
const DEFAULT_TIMEOUT_S = 30;

/** Real event logs that come with Headgate: what it serves when nothing is configured. */
const BUNDLED_EVENT_LOGS = fileURLToPath(new URL('../../examples/event-logs', import.meta.url));

/** Name of the source where submitted jobs leave their event logs. */
const JOBS_SOURCE = 'spark-jobs';

/**
 * The sources that are configured; `eventLogs`, an absolute path, replaces them; without any, the bundled logs. `jobLogs`, where
 * jobs leave their logs, comes besides, unless it is one of them.
 */
export function sourcesOf(
  eventLogs: string | null,
  config: ConfigFile,
  inFile: (path: string) => string,
  jobLogs: string | null = null,
): SparkHistorySource[] {
  const configured = eventLogs === null ? configuredSources(config, inFile) : [folderSource('event-logs', eventLogs)];
  const jobs = jobLogs === null ? null : jobsSource(jobLogs, config.spark?.tenants ?? null);
  const known = configured.some(({ name, place }) => name === JOBS_SOURCE || isSame(place, jobs?.place));
  return jobs === null || known ? configured : [...configured, jobs];
}

function configuredSources(config: ConfigFile, inFile: (path: string) => string): SparkHistorySource[] {
  const configured = Object.entries(config.spark_history?.sources ?? {});
  if (configured.length === 0) return [folderSource('samples', BUNDLED_EVENT_LOGS)];
  return configured.map(([name, source]) => ({
    name,
    place: placeOf(source, inFile),
    tenants: source.tenants ?? null,
  }));
}

function folderSource(name: string, path: string): SparkHistorySource {
  return { name, place: { kind: 'folder', path }, tenants: null };
}

/** Null for places that Headgate cannot read, such as `hdfs://`: a History Server can. */
function jobsSource(place: string, tenants: readonly string[] | null): SparkHistorySource | null {
  const source = /^s3a?:/.test(place) ? { s3: { uri: place } } : { path: place.replace(/^file:\/\/(?=\/)/, '') };
  if (source.path !== undefined && /^[a-z][a-z0-9+.-]+:/i.test(source.path)) return null;
  return { name: JOBS_SOURCE, place: placeOf(source, (path) => path), tenants };
}

function isSame(one: SourcePlace, other: SourcePlace | undefined): boolean {
  return other !== undefined && one.kind === other.kind && addressOf(one) === addressOf(other);
}

type SourceInFile = NonNullable<NonNullable<ConfigFile['spark_history']>['sources']>[string];

function placeOf(source: SourceInFile, inFile: (path: string) => string): SourcePlace {
  const { path, s3, history_server: historyServer, live_ui: liveUi, emr } = source;
  if (s3 !== undefined) {
    return {
      kind: 's3',
      uri: s3.uri.replace(/^s3a:/, 's3:'),
      region: s3.region ?? null,
      endpoint: s3.endpoint ?? null,
      profile: s3.profile ?? null,
      pathStyle: s3.path_style ?? false,
      timeoutMs: timeoutMs(s3),
    };
  }
  if (historyServer !== undefined) return { kind: 'history-server', ...accessOf(historyServer, inFile) };
  if (liveUi !== undefined) return { kind: 'live-ui', ...accessOf(liveUi, inFile) };
  if (emr !== undefined) {
    const { cluster_arn: clusterArn, endpoint = null, profile = null } = emr;
    return { kind: 'emr', clusterArn, endpoint, profile, timeoutMs: timeoutMs(emr) };
  }
  return { kind: 'folder', path: inFile(String(path)) };
}

function accessOf(
  server: NonNullable<SourceInFile['history_server']>,
  inFile: (path: string) => string,
): RestServerAccess {
  return {
    url: server.url.replace(/\/+$/, ''),
    username: server.username ?? null,
    password: server.password ?? null,
    token: server.token ?? null,
    ca: server.ca === undefined ? null : inFile(server.ca),
    verify: server.verify ?? true,
    proxy: server.proxy ?? null,
    timeoutMs: timeoutMs(server),
  };
}

function timeoutMs({ timeout_s: seconds = DEFAULT_TIMEOUT_S }: { timeout_s?: number | undefined }): number {
  return Math.round(seconds * 1000);
}
