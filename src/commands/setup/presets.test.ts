import { homedir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { parseConfigFile } from '../../kernel/config.ts';
import { PRESETS } from './preset-names.ts';
import { type Place, renderConfiguration } from './presets.ts';

const FOLDER = join(homedir(), 'work');
const ARN = 'arn:aws:elasticmapreduce:eu-central-1:123456789012:cluster/j-1ABC';
const places: Place[] = [
  { kind: 'samples' },
  { kind: 'path', path: join(FOLDER, 'logs: #1') },
  { kind: 'history_server', url: 'https://history.example.com/a?b=c#d' },
  { kind: 's3', uri: 's3://bucket/a b' },
  { kind: 's3', uri: 's3://bucket', region: 'eu-central-1', endpoint: 'http://127.0.0.1:9000', profile: 'no' },
  { kind: 'emr', cluster_arn: ARN },
  { kind: 'emr', cluster_arn: ARN, profile: 'reader' },
];
const sourceOf = (place: Place) => {
  const { spark_history: history } = parse(renderConfiguration({ preset: 'laptop', place }, FOLDER));
  return Object.values(history.sources)[0];
};

describe('renderConfiguration', () => {
  it.each(PRESETS)('is valid with every place: %s [start.init-writes-valid-file]', (preset) => {
    for (const place of places) {
      const answers = { preset, place, ...(preset === 'team' ? { tokenSha256: '0'.repeat(64) } : {}) };
      const text = renderConfiguration(answers, FOLDER);
      expect(parseConfigFile(parse(text))).toHaveProperty('config');
    }
  });

  it.each(PRESETS)('is valid with everything that is commented out: %s [start.init-writes-valid-file]', (preset) => {
    let uncommented = 0;
    for (const place of places) {
      const answers = { preset, place, ...(preset === 'team' ? { tokenSha256: '0'.repeat(64) } : {}) };
      const lines = renderConfiguration(answers, FOLDER).split('\n');
      // Examples begin with a key or an item; sentences with a capital.
      const text = lines
        .map((line) => line.replace(/^(\s*)# ((?: {2})*(?:- )?[a-z_0-9-]+:(?: .*)?)$/, '$1$2'))
        .join('\n');
      expect(parseConfigFile(parse(text))).not.toHaveProperty('problems');
      uncommented += text === lines.join('\n') ? 0 : 1;
    }
    expect(uncommented).toBeGreaterThanOrEqual(places.length - 2);
  });

  it('writes paths relative to the file, or to the home folder [start.init-writes-valid-file]', () => {
    expect(sourceOf({ kind: 'path', path: join(FOLDER, 'logs') })).toEqual({ path: './logs' });
    expect(sourceOf({ kind: 'path', path: FOLDER })).toEqual({ path: '.' });
    expect(sourceOf({ kind: 'path', path: join(homedir(), 'logs') })).toEqual({ path: '~/logs' });
    expect(sourceOf({ kind: 'path', path: '/var/log/spark' })).toEqual({ path: '/var/log/spark' });
  });

  it('keeps values as they were given', () => {
    expect(sourceOf({ kind: 'path', path: join(FOLDER, 'logs: #1') })).toEqual({ path: './logs: #1' });
    expect(sourceOf({ kind: 's3', uri: 's3://bucket', region: 'r', endpoint: 'http://e:1', profile: 'no' })).toEqual({
      s3: { uri: 's3://bucket', region: 'r', endpoint: 'http://e:1', profile: 'no' },
    });
  });

  it('has the hash of the token, and asks for it at every address [start.team-token]', () => {
    const tokenSha256 = 'a'.repeat(64);
    const text = renderConfiguration({ preset: 'team', place: { kind: 'samples' }, tokenSha256 }, FOLDER);
    expect(parse(text)).toMatchObject({
      server: { host: '0.0.0.0' },
      auth: { tokens: [{ name: 'first-caller', sha256: tokenSha256, scopes: ['read'] }] },
    });
  });
});
