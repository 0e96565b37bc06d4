import { HeadgateError } from '../../../kernel/errors.ts';
import type { LogFile } from '../log-ref.ts';
import { openBytes } from '../open-bytes.ts';

/** Decoded bytes that tell an event log: room for a byte-order mark and white space before `{"Event":`. */
const TELLING_BYTES = 64;
const EVENT = /^\uFEFF?\s*\{\s*"Event"\s*:/;

/** Why a file is no event log, by its first decoded bytes; null when it is one. Files that cannot be read are told, not thrown. */
export async function whyNoLog(file: LogFile): Promise<string | null> {
  try {
    const source = await openBytes(file);
    try {
      const head = Buffer.alloc(TELLING_BYTES);
      const count = await source.read(head);
      return EVENT.test(head.toString('utf8', 0, count)) ? null : 'not an event log: it does not begin with {"Event":';
    } finally {
      await source.close();
    }
  } catch (error) {
    if (!(error instanceof HeadgateError)) throw error;
    return error.message;
  }
}
