import { Command, Option } from 'commander';
import { CONFIG_FILE, loadConfiguration } from '../configuration/index.ts';
import type { Configuration } from '../kernel/config.ts';
import { type ErrorBody, HeadgateError } from '../kernel/errors.ts';
import { type Checked, checkConfiguration, renderChecked } from './check.ts';
import { startOf } from './client-configuration.ts';
import { bodyOf, type Invocation, print } from './invocation.ts';
import { addJsonOption, parsePath } from './options.ts';
import type { Connection } from './setup/clients.ts';
import type { ClientSetting, WrittenClient } from './setup/configure-clients.ts';
import { PRESETS } from './setup/preset-names.ts';
import type { ConfigurationOptions, WrittenFile } from './setup/write-configuration.ts';

/** What became of a client's file. A failure is told with the rest: the token that was made is shown in any case. */
type ClientOutcome = WrittenClient | { readonly client: string; readonly outcome: 'failed'; readonly error: ErrorBody };

interface InitOptions extends ConfigurationOptions {
  readonly writeClient?: string[];
  readonly transport?: 'stdio' | 'http';
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
  const { writeConfiguration } = await import('./setup/write-configuration.ts');
  const written = await answering(invocation, () => writeConfiguration(options, asks ? signal : null));
  const configuration = await loadConfiguration({ config: written.file });
  const checked = await checkWritten(written, signal);
  if (!checked.ok) invocation.exitCode = 1;
  const machine = thisMachine();
  const connection = connectionOf(options, configuration, written, invocation);
  const clients =
    named.length === 0 && asks ? (await answering(invocation, () => askedClients(signal))).map(clientNamed) : named;
  const settings = settingsOf(connection, machine);
  const changed: ClientOutcome[] = [];
  for (const client of clients) {
    const write = () => writeClient(client, connection, { machine, home: configuration.home });
    changed.push(
      await write().catch((error: unknown) => ({
        client: client.id,
        outcome: 'failed' as const,
        error: bodyOf(error),
      })),
    );
  }
  if (changed.some(({ outcome }) => outcome === 'failed')) invocation.exitCode = 1;
  const { file, outcome, token } = written;
  const value = { file, outcome, ...(token === null ? {} : { token }), check: checked, settings, clients: changed };
  print(invocation, value, render(written, checked, settings, changed));
}

/** A check that fails altogether is a report, too: the token that was made is shown in any case. */
async function checkWritten({ file }: WrittenFile, signal: AbortSignal): Promise<Checked> {
  try {
    return await checkConfiguration({ config: file }, signal);
  } catch (error) {
    const { message, hint } = bodyOf(error);
    return {
      ok: false,
      file,
      warnings: [],
      reports: [{ name: 'check', ok: false, message, ...(hint === undefined ? {} : { hint }) }],
    };
  }
}

/** What shells give a program that Ctrl-C ended. */
const SIGINT_EXIT_CODE = 130;

/** Leaving a question is an interruption, no bug. */
async function answering<T>(invocation: Invocation, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (cause) {
    const left = cause instanceof Error && (cause.name === 'ExitPromptError' || cause.name === 'AbortPromptError');
    // Ctrl-C reaches the question as a key, and this process as no signal.
    if (left && invocation.interruptedExitCode === 0) invocation.interruptedExitCode = SIGINT_EXIT_CODE;
    throw left
      ? new HeadgateError('cancelled', 'The questions were left; nothing more was written.', { cause })
      : cause;
  }
}

async function askedClients(signal: AbortSignal): Promise<string[]> {
  const { askClients } = await import('./setup/ask.ts');
  return askClients(signal);
}

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
  // With issuers alone a client gets its token by itself.
  if (auth.tokens.length === 0) return { transport: 'http', url };
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
  changed: readonly ClientOutcome[],
): string {
  const lines = [`${OUTCOMES[outcome]} ${file}`, '', renderChecked(checked)];
  if (token !== null) lines.push('', `Token of the first caller, shown this once: ${token}`);
  for (const one of changed) lines.push('', ...renderOutcome(one));
  if (changed.length === 0) lines.push(...renderSettings(settings));
  lines.push('', 'Then ask: "Which of my Spark applications failed, why, and what should I change first?"');
  return lines.join('\n');
}

function renderOutcome(one: ClientOutcome): string[] {
  if (one.outcome === 'failed')
    return [`FAILED   ${one.client}: ${one.error.message}`, `         ${one.error.hint ?? ''}`];
  const copy = one.backup === null ? '' : ` (before: ${one.backup})`;
  return [`${one.client}: ${one.outcome} in ${one.file}${copy}`, one.afterwards];
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
