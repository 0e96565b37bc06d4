import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { Command, Option } from 'commander';
import { CONFIG_FILE, dataFolder, loadConfiguration } from '../configuration/index.ts';
import type { Configuration } from '../kernel/config.ts';
import { HeadgateError } from '../kernel/errors.ts';
import { type Checked, checkConfiguration, renderChecked } from './check.ts';
import { startOf } from './client-configuration.ts';
import { type Invocation, print, UsageError } from './invocation.ts';
import { addJsonOption, parsePath } from './options.ts';
import type { Connection, McpClient } from './setup/clients.ts';
import type { ClientSetting, WrittenClient } from './setup/configure-clients.ts';
import { type Place, PRESETS, type Preset, renderConfiguration } from './setup/presets.ts';

interface InitOptions {
  readonly preset?: Preset;
  readonly path?: string;
  readonly url?: string;
  readonly uri?: string;
  readonly clusterArn?: string;
  readonly region?: string;
  readonly endpoint?: string;
  readonly profile?: string;
  readonly output: string;
  readonly writeClient?: string[];
  readonly transport?: 'stdio' | 'http';
  readonly yes?: boolean;
  readonly force?: boolean;
}

/** What became of the configuration file. */
interface WrittenFile {
  readonly file: string;
  readonly outcome: 'written' | 'replaced' | 'unchanged' | 'kept';
  /** The first caller's token: printed once, kept nowhere. */
  readonly token: string | null;
}

/**
 * `headgate init`: writes a `headgate.yaml`, checks it, and prints or writes the configuration of MCP clients. Asks at a
 * terminal for what no option says. Exit code 1 when the check finds something wrong; what was written stays.
 */
export function initCommand(invocation: Invocation): Command {
  const command = new Command('init')
    .description('write a headgate.yaml, check it, and configure MCP clients')
    .addOption(new Option('--preset <name>', 'kind of set-up').choices(PRESETS))
    .addOption(new Option('--path <folder>', 'folder of Spark event logs').argParser(parsePath))
    .option('--url <url>', 'URL of a Spark History Server')
    .option('--uri <uri>', 's3://BUCKET/PREFIX of event logs')
    .option('--region <name>', 'AWS region of the bucket')
    .option('--endpoint <url>', 'address of an S3 that is not of AWS')
    .option('--profile <name>', 'AWS profile')
    .option('--cluster-arn <arn>', 'ARN of an EMR cluster')
    .addOption(new Option('--output <file>', 'file to write').default(CONFIG_FILE).argParser(parsePath))
    .addOption(
      new Option(
        '--write-client <name…>',
        'write the configuration of this client; may be given several times',
      ).argParser((name: string, names: string[] = []) => [...names, ...name.split(',')]),
    )
    .addOption(new Option('--transport <kind>', 'how clients reach Headgate').choices(['stdio', 'http']))
    .option('--yes', 'ask nothing')
    .option('--force', 'replace a headgate.yaml that exists');
  return addJsonOption(command).action((options: InitOptions) => init(options, invocation));
}

async function init(options: InitOptions, invocation: Invocation): Promise<void> {
  const { signal } = invocation;
  const asks = !options.yes && !invocation.json && process.stdin.isTTY && process.stdout.isTTY;
  const { clientNamed, settingsOf, thisMachine, writeClient } = await import('./setup/configure-clients.ts');
  const named = (options.writeClient ?? []).map(clientNamed);
  const written = await answering(() => writeConfiguration(options, asks, signal));
  const configuration = await loadConfiguration({ config: written.file });
  const checked = await checkConfiguration({ config: written.file }, signal);
  if (!checked.ok) invocation.exitCode = 1;
  const machine = thisMachine();
  const connection = connectionOf(options, configuration, written, invocation);
  const clients = named.length === 0 && asks ? (await answering(() => askedClients(signal))).map(clientNamed) : named;
  const settings = settingsOf(connection, machine);
  const changed: WrittenClient[] = [];
  for (const client of clients as McpClient[]) {
    changed.push(await writeClient(client, connection, { machine, home: configuration.home }));
  }
  const { file, outcome, token } = written;
  const value = { file, outcome, ...(token === null ? {} : { token }), check: checked, settings, clients: changed };
  print(invocation, value, render(written, checked, settings, changed));
}

/** Leaving a question is an interruption, no bug. */
async function answering<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (cause) {
    const left = cause instanceof Error && (cause.name === 'ExitPromptError' || cause.name === 'AbortPromptError');
    throw left
      ? new HeadgateError('cancelled', 'The questions were left; nothing more was written.', { cause })
      : cause;
  }
}

async function askedClients(signal: AbortSignal): Promise<string[]> {
  const { askClients } = await import('./setup/ask.ts');
  return askClients(signal);
}

async function writeConfiguration(options: InitOptions, asks: boolean, signal: AbortSignal): Promise<WrittenFile> {
  const { backUp, noteWritten, readText, replaceFile, sha256 } = await import('./setup/written-files.ts');
  const file = resolve(options.output);
  const before = await readText(file);
  if (before !== null && !options.force && options.preset === undefined) {
    const { askReplace } = await import('./setup/ask.ts');
    if (!asks || !(await askReplace(relative(process.cwd(), file), signal)))
      return { file, outcome: 'kept', token: null };
  } else if (before !== null && !options.force && options.preset === 'team') throw exists(file);
  const preset = await presetOf(options, asks, signal);
  const place = await placeOf(options, preset, asks, signal);
  const token = preset === 'team' ? `hg_${randomBytes(32).toString('base64url')}` : null;
  const secret = token === null ? {} : { tokenSha256: createHash('sha256').update(token).digest('hex') };
  const text = renderConfiguration({ preset, place, ...secret }, dirname(file));
  if (text === before) return { file, outcome: 'unchanged', token };
  if (before !== null) {
    if (!options.force && options.preset !== undefined) throw exists(file);
    await backUp(file);
  }
  await replaceFile(file, text);
  await noteWritten(dataFolder(), { kind: 'configuration', file, sha256: sha256(text) });
  return { file, outcome: before === null ? 'written' : 'replaced', token };
}

function exists(file: string): HeadgateError {
  return new HeadgateError('failed_precondition', `${file} exists, and would become another one.`, {
    hint: 'Replace it with --force (a copy is kept), write another file with --output, or leave --preset out to keep it.',
  });
}

async function presetOf({ preset, yes }: InitOptions, asks: boolean, signal: AbortSignal): Promise<Preset> {
  if (preset !== undefined) return preset;
  if (yes) return 'laptop';
  if (asks) return (await import('./setup/ask.ts')).askPreset(signal);
  throw new UsageError('invalid_argument', 'There is no terminal to ask at.', {
    hint: `Name --preset (${PRESETS.join(', ')}), or take the preset laptop with --yes.`,
  });
}

async function placeOf(options: InitOptions, preset: Preset, asks: boolean, signal: AbortSignal): Promise<Place> {
  const { path, url, uri, clusterArn, region, endpoint, profile } = options;
  const { askPlace, HISTORY_SERVER, SPARK_EVENTS } = await import('./setup/ask.ts');
  const given: Place[] = [];
  if (path !== undefined) given.push({ kind: 'path', path: resolve(path) });
  if (url !== undefined) given.push({ kind: 'history_server', url });
  if (uri !== undefined) given.push({ kind: 's3', uri, region, endpoint, profile });
  if (clusterArn !== undefined) given.push({ kind: 'emr', cluster_arn: clusterArn, profile });
  const [place] = given;
  const fits = place === undefined || preset === 'team' || place.kind === KIND_OF[preset];
  if (given.length > 1 || !fits) {
    throw new UsageError('invalid_argument', `The preset ${preset} takes ${OPTION_OF[preset]}.`, {
      hint: 'Leave the other places out, and add them to the file by hand.',
    });
  }
  if (place !== undefined) return place;
  if (asks) return askPlace(preset, process.cwd(), signal);
  if (preset === 'history-server') return { kind: 'history_server', url: HISTORY_SERVER };
  if (preset === 's3' || preset === 'emr') {
    throw new UsageError('invalid_argument', `The preset ${preset} needs ${OPTION_OF[preset]}.`);
  }
  return existsSync(SPARK_EVENTS) ? { kind: 'path', path: SPARK_EVENTS } : { kind: 'samples' };
}

const KIND_OF: Readonly<Record<Exclude<Preset, 'team'>, Place['kind']>> = {
  laptop: 'path',
  'history-server': 'history_server',
  s3: 's3',
  emr: 'emr',
};
const OPTION_OF: Readonly<Record<Preset, string>> = {
  laptop: '--path',
  'history-server': '--url',
  s3: '--uri',
  emr: '--cluster-arn',
  team: 'one of --path, --url, --uri and --cluster-arn',
};

/** A server for a team is reached at its address; any other one is started by the client. */
function connectionOf(
  options: InitOptions,
  configuration: Configuration,
  { token }: WrittenFile,
  { launcher }: Invocation,
): Connection {
  const { auth, server } = configuration;
  const authenticates = auth.tokens.length + auth.issuers.length > 0;
  if ((options.transport ?? (authenticates ? 'http' : 'stdio')) === 'stdio') {
    return { transport: 'stdio', start: startOf(launcher, configuration) };
  }
  const scheme = server.tls === null ? 'http' : 'https';
  const host = ['0.0.0.0', '::'].includes(server.host) ? 'localhost' : server.host;
  const url = `${server.publicUrl ?? `${scheme}://${host}:${server.port}`}/mcp`;
  if (!authenticates) return { transport: 'http', url };
  return { transport: 'http', url, headers: { Authorization: `Bearer ${token ?? 'TOKEN'}` } };
}

const OUTCOMES: Readonly<Record<WrittenFile['outcome'], string>> = {
  written: 'Wrote',
  replaced: 'Replaced (a copy is beside it)',
  unchanged: 'Already there:',
  kept: 'Kept',
};

function render(
  { file, outcome, token }: WrittenFile,
  checked: Checked,
  settings: readonly ClientSetting[],
  changed: readonly WrittenClient[],
): string {
  const lines = [`${OUTCOMES[outcome]} ${file}`, '', renderChecked(checked)];
  if (token !== null) lines.push('', `Token of the first caller, shown this once: ${token}`);
  for (const { client, file: target, outcome: what, backup, afterwards } of changed) {
    lines.push('', `${client}: ${what} in ${target}${backup === null ? '' : ` (before: ${backup})`}`, afterwards);
  }
  if (changed.length === 0) lines.push(...renderSettings(settings));
  lines.push('', 'Then ask: "Which of my Spark applications failed, why, and what should I change first?"');
  return lines.join('\n');
}

/** Clients whose files have the same form share a block. */
function renderSettings(settings: readonly ClientSetting[]): string[] {
  const blocks = new Map<string, string[]>();
  for (const { title, file, content } of settings) {
    const text = JSON.stringify(content, null, 2);
    blocks.set(text, [...(blocks.get(text) ?? []), `${title}: ${file}`]);
  }
  const lines = [...blocks].flatMap(([text, places]) => ['', ...places, text]);
  return [...lines, '', 'headgate init --write-client NAME writes it for you.'];
}
