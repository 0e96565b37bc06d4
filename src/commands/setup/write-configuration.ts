import { existsSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { parse } from 'yaml';
import { dataFolder } from '../../configuration/index.ts';
import { parseConfigFile } from '../../kernel/config.ts';
import { HeadgateError } from '../../kernel/errors.ts';
import { UsageError } from '../invocation.ts';
import { makeToken } from '../token.ts';
import { PRESETS, type Preset } from './preset-names.ts';
import { type Place, renderConfiguration } from './presets.ts';
import { backUp, noteWritten, readText, replaceFile, sha256 } from './written-files.ts';

/** What the command line says of the configuration file. */
export interface ConfigurationOptions {
  readonly preset?: Preset;
  readonly path?: string;
  readonly url?: string;
  readonly uri?: string;
  readonly clusterArn?: string;
  readonly region?: string;
  readonly endpoint?: string;
  readonly profile?: string;
  readonly output: string;
  readonly yes?: boolean;
  readonly force?: boolean;
}

/** What became of the configuration file. */
export interface WrittenFile {
  /** Absolute. */
  readonly file: string;
  readonly outcome: 'written' | 'replaced' | 'unchanged' | 'kept';
  /** The first caller's token: printed once, kept nowhere. */
  readonly token: string | null;
}

/**
 * Writes the configuration file that the options and a person's answers describe, and notes it. `asking` is the signal
 * that ends the questions; null: nobody is there to answer. A file that exists is kept where no preset is named.
 * Errors: `failed_precondition` when another file would be replaced without `force`; a `UsageError` for what is missing.
 */
export async function writeConfiguration(
  options: ConfigurationOptions,
  asking: AbortSignal | null,
): Promise<WrittenFile> {
  const file = resolve(options.output);
  const before = await readText(file);
  const mayReplace = options.force === true || (before !== null && (await agreesToReplace(file, options, asking)));
  if (before !== null && !mayReplace && options.preset === undefined) return { file, outcome: 'kept', token: null };
  const preset = await presetOf(options, asking);
  const place = await placeOf(options, preset, asking);
  const made = preset === 'team' ? makeToken() : null;
  const secret = made === null ? {} : { tokenSha256: made.sha256 };
  const text = renderConfiguration({ preset, place, ...secret }, dirname(file));
  refuseWrongValues(text);
  if (text === before) return { file, outcome: 'unchanged', token: null };
  if (before !== null && !mayReplace) throw exists(file);
  if (before !== null) await backUp(file);
  await replaceFile(file, text);
  await noteWritten(dataFolder(), { kind: 'configuration', file, sha256: sha256(text) });
  return { file, outcome: before === null ? 'written' : 'replaced', token: made?.token ?? null };
}

/** A value that was typed wrongly is refused before anything is written. */
function refuseWrongValues(text: string): void {
  const checked = parseConfigFile(parse(text));
  if ('config' in checked) return;
  const lines = checked.problems.map(({ path, message }) => `${path}: ${message}`);
  throw new UsageError('invalid_argument', `${lines.join('; ')}.`, { hint: 'Nothing was written.' });
}

async function agreesToReplace(file: string, { preset }: ConfigurationOptions, asking: AbortSignal | null) {
  if (asking === null || preset !== undefined) return false;
  const { askReplace } = await import('./ask.ts');
  return askReplace(relative(process.cwd(), file), asking);
}

function exists(file: string): HeadgateError {
  return new HeadgateError('failed_precondition', `${file} exists, and would become another one.`, {
    hint: 'Replace it with --force (a copy is kept), write another file with --output, or leave --preset out to keep it.',
  });
}

async function presetOf({ preset, yes }: ConfigurationOptions, asking: AbortSignal | null): Promise<Preset> {
  if (preset !== undefined) return preset;
  if (yes) return 'laptop';
  if (asking !== null) return (await import('./ask.ts')).askPreset(asking);
  throw new UsageError('invalid_argument', 'There is no terminal to ask at.', {
    hint: `Name --preset (${PRESETS.join(', ')}), or take the preset laptop with --yes.`,
  });
}

async function placeOf(options: ConfigurationOptions, preset: Preset, asking: AbortSignal | null): Promise<Place> {
  const given = givenPlaces(options);
  const [place] = given;
  const fits = place === undefined || preset === 'team' || place.kind === KIND_OF[preset];
  if (given.length > 1 || !fits) {
    throw new UsageError('invalid_argument', `The preset ${preset} takes ${OPTION_OF[preset]}.`, {
      hint: 'Leave the other places out, and add them to the file by hand.',
    });
  }
  if (place !== undefined) return place;
  const { askPlace, HISTORY_SERVER, SPARK_EVENTS } = await import('./ask.ts');
  if (asking !== null) return askPlace(preset, process.cwd(), asking);
  if (preset === 'history-server') return { kind: 'history_server', url: HISTORY_SERVER };
  if (preset === 's3' || preset === 'emr') {
    throw new UsageError('invalid_argument', `The preset ${preset} needs ${OPTION_OF[preset]}.`);
  }
  return existsSync(SPARK_EVENTS) ? { kind: 'path', path: SPARK_EVENTS } : { kind: 'samples' };
}

function givenPlaces({ path, url, uri, clusterArn, region, endpoint, profile }: ConfigurationOptions): Place[] {
  const given: Place[] = [];
  if (path !== undefined) given.push({ kind: 'path', path: resolve(path) });
  if (url !== undefined) given.push({ kind: 'history_server', url });
  if (uri !== undefined) given.push({ kind: 's3', uri, region, endpoint, profile });
  if (clusterArn !== undefined) given.push({ kind: 'emr', cluster_arn: clusterArn, profile });
  return given;
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
