import { HeadgateError } from '../../kernel/errors.ts';
import type { Author } from '../control-plane.ts';

/** A file that a desired state is taken from. */
export interface StateFile {
  readonly path: string;
  /** `exclusive`: only the file, registrations and rollbacks change the state. `merge`: the API too. */
  readonly policy: 'exclusive' | 'merge';
}

/** Authors that a file does not keep from writing: the file itself, and what is made to repair. */
const BESIDE_A_FILE: ReadonlySet<string> = new Set(['file', 'start']);

/** Errors: `failed_precondition` for a write that the next change of the file would undo. */
export function requireOwner(file: StateFile | null, { via }: Author): void {
  if (file === null || file.policy === 'merge' || BESIDE_A_FILE.has(via)) return;
  throw new HeadgateError('failed_precondition', `The desired state is what the file ${file.path} says.`, {
    hint: 'Change the file: it is watched. A rollback is possible here. To change objects here as well, set the policy of the file to merge.',
    details: { file: file.path },
  });
}
