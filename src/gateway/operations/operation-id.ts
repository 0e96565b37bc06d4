import { randomBytes } from 'node:crypto';

/** 120 bits: cannot be guessed. */
const ID_BYTES = 15;

/** A new id of an operation. */
export function newOperationId(): string {
  return `op_${randomBytes(ID_BYTES).toString('base64url')}`;
}
