import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Secret } from '../kernel/config-scalars.ts';
import { HeadgateError } from '../kernel/errors.ts';
import { createSecretResolver } from './resolve-secret.ts';

const VALUE = 'hunter2-is-the-password';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'headgate-secret-'));
  writeFileSync(join(folder, 'secret'), `${VALUE}\n`);
  writeFileSync(join(folder, 'empty'), '\n');
  writeFileSync(join(folder, 'large'), VALUE.repeat(10_000));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const node = (script: string, ...args: string[]): Secret => ({ command: [process.execPath, '-e', script, ...args] });
const resolve = (secret: Secret, env: Record<string, string> = { TOKEN: VALUE, EMPTY: '' }) =>
  createSecretResolver({ env, folder })(secret, 'The token of source prod');

it('takes a secret from the text, a variable, a file or a command, without the line end [remote-history.secret-places]', async () => {
  expect(await resolve(VALUE)).toBe(VALUE);
  expect(await resolve({ env: 'TOKEN' })).toBe(VALUE);
  expect(await resolve({ file: 'secret' })).toBe(VALUE);
  expect(await resolve({ file: join(folder, 'secret') })).toBe(VALUE);
  expect(await resolve(node(`console.log(process.argv[1])`, VALUE))).toBe(VALUE);
});

it('sees a secret that was changed [remote-history.secret-places]', async () => {
  const file = join(folder, 'rotated');
  const resolver = createSecretResolver({ folder });
  writeFileSync(file, 'one');
  expect(await resolver({ file }, 'x')).toBe('one');
  writeFileSync(file, 'two');
  expect(await resolver({ file }, 'x')).toBe('two');
});

it.each<[string, Secret, string]>([
  ['a variable that is not set', { env: 'ABSENT' }, 'the variable ABSENT is not set'],
  ['an empty variable', { env: 'EMPTY' }, 'the variable EMPTY is empty'],
  ['a file that is missing', { file: 'absent' }, 'absent cannot be read'],
  ['an empty file', { file: 'empty' }, 'the file empty is empty'],
  ['a file that is no secret', { file: 'large' }, 'no secret does'],
  ['a program that is missing', { command: ['no-such-program-here'] }, 'there is no such program'],
  ['a command that fails', node(`console.error('${VALUE}'); process.exit(3)`, VALUE), 'it ended with 3'],
  ['a command that prints nothing', node(''), 'is empty'],
  ['a command that prints too much', node(`console.log('${VALUE}'.repeat(10_000))`), 'more than 65536 bytes'],
])(
  'says that %s gives no secret, and what for, without showing one [remote-history.no-secret-shown]',
  async (_, secret, why) => {
    const error = await resolve(secret).then(
      () => new Error('it gave one'),
      (thrown: unknown) => thrown,
    );
    if (!(error instanceof HeadgateError)) throw error;
    expect(error.code).toBe('failed_precondition');
    expect(error.message).toContain('The token of source prod');
    expect(error.message).toContain(why);
    expect(error.hint).not.toBe('');
    expect(JSON.stringify(error.toBody())).not.toContain(VALUE);
  },
);
