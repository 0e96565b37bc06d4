import { fileURLToPath } from 'node:url';
import type { RestServerAccess, SourcePlace, SparkHistorySource } from '../kernel/config.ts';
import type { ConfigFile } from '../kernel/config-file.ts';

/** How long a remote source may stay silent. */
const DEFAULT_TIMEOUT_S = 30;

/** Real event logs that come with Headgate: what it serves when nothing is configured. */
const BUNDLED_EVENT_LOGS = fileURLToPath(new URL('../../examples/event-logs', import.meta.url));

/** The sources that are configured; `eventLogs`, an absolute path, replaces them; without any, the bundled logs. */
export function sourcesOf(
  eventLogs: string | null,
  config: ConfigFile,
  inFile: (path: string) => string,
): SparkHistorySource[] {
  const folder = (name: string, path: string) => ({ name, place: { kind: 'folder' as const, path }, tenants: null });
  if (eventLogs !== null) return [folder('event-logs', eventLogs)];
  const configured = Object.entries(config.spark_history?.sources ?? {});
  if (configured.length === 0) return [folder('samples', BUNDLED_EVENT_LOGS)];
  return configured.map(([name, source]) => ({
    name,
    place: placeOf(source, inFile),
    tenants: source.tenants ?? null,
  }));
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
