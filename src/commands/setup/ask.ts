import { resolve } from 'node:path';
import { CLIENTS } from './clients.ts';
import { PRESET_TITLES, PRESETS, type Preset } from './preset-names.ts';
import type { Place } from './presets.ts';

/** Where Spark leaves event logs unless it is told otherwise (`spark.eventLog.dir`). */
export const SPARK_EVENTS = '/tmp/spark-events';
/** Port of a History Server unless it is told otherwise (`spark.history.ui.port`). */
export const HISTORY_SERVER = 'http://localhost:18080';

/** Asks which preset. Errors: an `ExitPromptError` when the person leaves. */
export async function askPreset(signal: AbortSignal): Promise<Preset> {
  const { select } = await import('@inquirer/prompts');
  return select(
    {
      message: 'Where is the history of your Spark applications?',
      choices: PRESETS.map((preset) => ({ value: preset, name: `${preset}: ${PRESET_TITLES[preset]}` })),
    },
    { signal },
  );
}

/** Asks for what a preset needs. Paths that are typed start at `here`. */
export async function askPlace(preset: Preset, here: string, signal: AbortSignal): Promise<Place> {
  const { input } = await import('@inquirer/prompts');
  const ask = (message: string, pattern: RegExp, wrong: string, proposal?: string) =>
    input(
      {
        message,
        validate: (text) => pattern.test(text) || wrong,
        ...(proposal === undefined ? {} : { default: proposal }),
      },
      { signal },
    );
  switch (preset) {
    case 'history-server':
      return {
        kind: 'history_server',
        url: await ask('Its URL?', /^https?:\/\/\S+$/, 'A URL begins with http:// or https://.', HISTORY_SERVER),
      };
    case 's3':
      return { kind: 's3', uri: await ask('Bucket and prefix?', /^s3a?:\/\/[^/\s]+/, 'Write s3://BUCKET/PREFIX.') };
    case 'emr':
      return {
        kind: 'emr',
        cluster_arn: await ask(
          'ARN of the cluster?',
          /^arn:aws/,
          'Write arn:aws:elasticmapreduce:REGION:ACCOUNT:cluster/j-ID.',
        ),
      };
    default:
      return {
        kind: 'path',
        path: resolve(here, await ask('Folder of the event logs?', /\S/, 'Name a folder.', SPARK_EVENTS)),
      };
  }
}

/** Asks whether a file that exists may be replaced. */
export async function askReplace(file: string, signal: AbortSignal): Promise<boolean> {
  const { confirm } = await import('@inquirer/prompts');
  return confirm({ message: `${file} exists. Replace it?`, default: false }, { signal });
}

/** Asks whose files are to be written. Returns ids of clients, none when the person only wants to read. */
export async function askClients(signal: AbortSignal): Promise<string[]> {
  const { checkbox } = await import('@inquirer/prompts');
  return checkbox(
    {
      message: 'Write the configuration of which clients? (none: it is printed)',
      choices: CLIENTS.map(({ id, title }) => ({ value: id, name: title })),
    },
    { signal },
  );
}
