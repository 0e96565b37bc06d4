import { type ErrorCode, HeadgateError } from '../../../kernel/errors.ts';
import type { LogFile } from '../log-ref.ts';
import { openBytes } from '../open-bytes.ts';
import type { OpenFile } from '../random-access.ts';

/** Decoded bytes that tell an event log: room for a byte-order mark and white space before `{"Event":`. */
const TELLING_BYTES = 64;
const EVENT = /^\uFEFF?\s*\{\s*"Event"\s*:/;

/** Why a file is no log; `code` when that could not be found out or its form is one that is not read. */
export interface NoLog {
  readonly reason: string;
  readonly code?: ErrorCode;
}

/** Why a file is no event log, by its first decoded bytes; null when it is one. Files that cannot be read are told, not thrown. */
export async function whyNoLog(file: LogFile, open?: OpenFile): Promise<NoLog | null> {
  try {
    const source = await openBytes(file, undefined, open);
    try {
      const head = Buffer.alloc(TELLING_BYTES);
      const count = await source.read(head);
      if (EVENT.test(head.toString('utf8', 0, count))) return null;
      return { reason: 'not an event log: it does not begin with {"Event":' };
    } finally {
      await source.close();
    }
  } catch (error) {
    if (!(error instanceof HeadgateError)) throw error;
    return { reason: error.message, code: error.code };
  }
}
