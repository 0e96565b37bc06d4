import { createHash, randomBytes } from 'node:crypto';
import { Command } from 'commander';
import { type Invocation, print } from './invocation.ts';
import { addJsonOption } from './options.ts';

/** Random bytes of a token: more than anybody can guess. */
const TOKEN_BYTES = 32;

/** A new token, and its SHA-256 in hex: what the configuration keeps of it. */
export function makeToken(): { token: string; sha256: string } {
  const token = `hg_${randomBytes(TOKEN_BYTES).toString('base64url')}`;
  return { token, sha256: createHash('sha256').update(token).digest('hex') };
}

/** `headgate token`: makes a token for a caller and the lines that let it in. It is kept nowhere: it is shown this once. */
export function tokenCommand(invocation: Invocation): Command {
  const command = new Command('token').description('make a token for a caller, and the lines for headgate.yaml');
  return addJsonOption(command).action(() => {
    const { token, sha256 } = makeToken();
    print(invocation, { token, sha256 }, render(token, sha256));
  });
}

function render(token: string, sha256: string): string {
  return [
    'The token, shown this once; the caller sends it as Authorization: Bearer TOKEN:',
    '',
    token,
    '',
    'For headgate.yaml; restart the server after the change:',
    '',
    'auth:',
    '  tokens:',
    '    - name: NAME',
    `      sha256: ${sha256}`,
    '      scopes: [read]',
  ].join('\n');
}
