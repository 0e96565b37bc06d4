import { readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { HeadgateError } from '../../kernel/errors.ts';

/** What the API takes in one batch. Bytes. */
const MAX_BYTES = 50_000_000;

/** Kind to name to spec. */
export type StateFile = Readonly<Record<string, unknown>>;

/** A desired state as its file has it; what it means is checked by the control plane. Errors: `not_found`, `permission_denied`, `invalid_argument` with the line. */
export async function readStateFile(path: string): Promise<StateFile> {
  const file = resolve(path);
  const text = await readText(file);
  const { parseDocument } = await import('yaml');
  const document = parseDocument(text, { prettyErrors: false });
  const syntax = document.errors[0];
  if (syntax !== undefined) {
    const line = text.slice(0, syntax.pos[0]).split('\n').length;
    throw new HeadgateError('invalid_argument', `${file}, line ${line}: ${syntax.message}`, {
      hint: 'Correct the YAML of this line.',
    });
  }
  const state: unknown = document.toJS({ maxAliasCount: 100 });
  if (state === null) return {};
  if (typeof state === 'object' && !Array.isArray(state)) return state as StateFile;
  throw new HeadgateError('invalid_argument', `${file} is no desired state: it must be a map of kinds.`, {
    hint: 'It looks like clusters: { headgate: { endpoints: [127.0.0.1:8000] } }.',
  });
}

async function readText(file: string): Promise<string> {
  try {
    const { size } = await stat(file);
    if (size > MAX_BYTES)
      throw new HeadgateError('invalid_argument', `${file} has ${size} bytes: this is no desired state.`);
    return await readFile(file, 'utf8');
  } catch (cause) {
    if (cause instanceof HeadgateError) throw cause;
    const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    throw new HeadgateError(
      missing ? 'not_found' : 'permission_denied',
      `${missing ? 'There is no file' : 'This user cannot read'} ${file}.`,
      {
        hint: 'Name the file of a desired state.',
        cause,
      },
    );
  }
}
