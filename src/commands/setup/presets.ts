import { homedir } from 'node:os';
import { isAbsolute, relative, sep } from 'node:path';
import { stringify } from 'yaml';
import { PRESET_TITLES, type Preset } from './preset-names.ts';

/** Where the history of applications is. */
export type Place =
  /** `path` is absolute. */
  | { readonly kind: 'path'; readonly path: string }
  | { readonly kind: 'history_server'; readonly url: string }
  | {
      readonly kind: 's3';
      readonly uri: string;
      readonly region?: string | undefined;
      readonly endpoint?: string | undefined;
      readonly profile?: string | undefined;
    }
  | { readonly kind: 'emr'; readonly cluster_arn: string; readonly profile?: string | undefined }
  /** The event logs that come with Headgate. */
  | { readonly kind: 'samples' };

/** What `headgate.yaml` is made of. */
export interface Answers {
  readonly preset: Preset;
  readonly place: Place;
  /** SHA-256 of the first caller's token, in hex: of the preset `team` alone. */
  readonly tokenSha256?: string;
}

/** The text of a `headgate.yaml` in `folder`: every value with a comment, what is often needed commented out. Paths below `folder` are relative. */
export function renderConfiguration({ preset, place, tokenSha256 }: Answers, folder: string): string {
  return [
    `# Headgate, preset "${preset}": ${PRESET_TITLES[preset]}. Every key: headgate.example.yaml.`,
    '# After a change: headgate check',
    '',
    ...serverLines(tokenSha256),
    ...sourceLines(place, folder),
    '# What is masked in results: secrets; literals (of SQL, too); identities (users and hosts, too).',
    'redact: secrets',
    ...(tokenSha256 === undefined ? [] : teamLines()),
    '',
  ].join('\n');
}

function serverLines(tokenSha256: string | undefined): string[] {
  if (tokenSha256 === undefined) {
    return [
      'server:',
      '  # This machine only. Other addresses need authentication: see the preset "team".',
      '  host: 127.0.0.1',
      '  port: 8000',
      '',
    ];
  }
  return [
    'server:',
    '  # Every address of this machine.',
    '  host: 0.0.0.0',
    '  port: 8000',
    '  # Without TLS tokens cross the network in clear: name certificate and key, or put a proxy with TLS before it.',
    '  # tls:',
    '  #   certificate: ./tls/server.crt',
    '  #   key: ./tls/server.key',
    '  # The names that clients use, where it is not the address of this machine.',
    '  # allowed_hosts: [headgate.example.com]',
    '  # public_url: https://headgate.example.com',
    '  # For each caller.',
    '  requests_per_minute: 600',
    '',
    'auth:',
    '  tokens:',
    '    # SHA-256 of the token that was printed once. headgate token makes another.',
    '    - name: first-caller',
    `      sha256: ${scalar(tokenSha256)}`,
    '      scopes: [read]',
    '  # Tokens of your identity provider.',
    '  # issuers:',
    '  #   - issuer: https://login.example.com',
    '  #     audience: headgate',
    '',
  ];
}

function teamLines(): string[] {
  return [
    '',
    'audit:',
    '  # Who called what is kept so long.',
    '  retention_days: 365',
    '',
    '# Several servers share what is in PostgreSQL; several tenants need it.',
    '# store:',
    '#   url: { env: HEADGATE_DATABASE_URL }',
  ];
}

function sourceLines(place: Place, folder: string): string[] {
  if (place.kind === 'samples') {
    return [
      '# Without a source the event logs that come with Headgate are served. Name the folder of spark.eventLog.dir:',
      '# spark_history:',
      '#   sources:',
      '#     local:',
      '#       path: ~/spark-events',
      '',
    ];
  }
  return ['spark_history:', '  sources:', ...placeLines(place, folder).map((line) => `    ${line}`), ''];
}

function placeLines(place: Exclude<Place, { kind: 'samples' }>, folder: string): string[] {
  switch (place.kind) {
    case 'path':
      return [
        '# By the name that tools call "server". It is searched for logs of all kinds (spark.eventLog.dir).',
        'local:',
        `  path: ${scalar(portablePath(place.path, folder))}`,
      ];
    case 'history_server':
      return [
        'history-server:',
        '  history_server:',
        `    url: ${scalar(place.url)}`,
        '    # username: reader',
        '    # password: { env: HISTORY_SERVER_PASSWORD }',
        '    # token: { file: ./history-server.token }',
        '    # Certificate authorities to trust besides the system’s.',
        '    # ca: ./history-server-ca.pem',
        '    # proxy: http://proxy.example.com:3128',
        '    timeout_s: 30',
      ];
    case 's3':
      return [
        '# Credentials come from where the AWS command line finds them: variables, profile, role.',
        's3:',
        '  s3:',
        `    uri: ${scalar(place.uri)}`,
        optional('    region', place.region, 'eu-central-1'),
        optional('    endpoint', place.endpoint, 'https://s3.example.com'),
        optional('    profile', place.profile, 'reader'),
        '    # Buckets in the path instead of the host: most stores that are not of AWS.',
        '    # path_style: true',
      ];
    case 'emr':
      return [
        '# Credentials come from where the AWS command line finds them: variables, profile, role.',
        'emr:',
        '  emr:',
        `    cluster_arn: ${scalar(place.cluster_arn)}`,
        optional('    profile', place.profile, 'reader'),
      ];
  }
}

function optional(key: string, value: string | undefined, example: string): string {
  return value === undefined ? `${key.replace(/\S/, '# $&')}: ${example}` : `${key}: ${scalar(value)}`;
}

/** A value as YAML writes it: in quotes only where it needs them. */
function scalar(value: string): string {
  return stringify(value, { lineWidth: 0 }).trimEnd();
}

/** A path relative to the file where it lies below it, to the home folder where it lies below that; else as it is. */
function portablePath(path: string, folder: string): string {
  const below = (parent: string) => {
    const rest = relative(parent, path);
    if (rest === '..' || rest.startsWith(`..${sep}`) || isAbsolute(rest)) return null;
    return rest.split(sep).join('/');
  };
  const beside = below(folder);
  if (beside !== null) return beside === '' ? '.' : `./${beside}`;
  const atHome = below(homedir());
  return atHome === null ? path : `~/${atHome}`;
}
