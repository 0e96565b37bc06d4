import type { FileWindow } from './file-window.ts';
import type { WasteBudget } from './waste-budget.ts';

/** zstd_compression_format.md, "Zstandard frames". */
const MAGIC = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);
const MAGIC_NUMBER = 0xfd2fb528;
const SKIPPABLE_NUMBER = 0x184d2a50;
const SKIPPABLE_MASK = 0xfffffff0;
export const SKIPPABLE_HEAD_BYTES = 8;
/** Magic, descriptor, window, dictionary id, content size. */
export const LONGEST_HEAD_BYTES = 18;
export const BLOCK_HEAD_BYTES = 3;
export const CHECKSUM_BYTES = 4;
/** No block is longer, compressed or decoded. */
export const LARGEST_BLOCK_BYTES = 128 * 1024;
/** Windows over 2^27 bytes are refused by the decoder. Spark's default is 2^19; `--ultra -22` makes 2^27. */
const LARGEST_WINDOW_LOG = 27;
const DICTIONARY_ID_BYTES = [0, 1, 2, 4] as const;
const CONTENT_SIZE_BYTES = [0, 2, 4, 8] as const;
/** What a place that only looked like a frame costs of the budget. */
const LOOK_COST = 64;

/** What follows in the window: a frame, a skippable frame, something else, or too little to say. */
export type FrameKind = 'frame' | 'skippable' | 'none' | 'short';

export function frameKindAt(window: FileWindow): FrameKind {
  if (!window.has(4)) return 'short';
  const magic = window.view.getUint32(window.at, true);
  if (magic === MAGIC_NUMBER) return 'frame';
  return (magic & SKIPPABLE_MASK) >>> 0 === SKIPPABLE_NUMBER ? 'skippable' : 'none';
}

/** Head of a frame whose magic is at the window's place. Null when it breaks the format; `headBytes` may be more than is in view. */
export function readFrameHead(window: FileWindow): { headBytes: number; checksum: boolean } | null {
  const descriptor = window.bytes[window.at + 4] ?? 0;
  const single = (descriptor & 0x20) !== 0;
  const reserved = (descriptor & 0x08) !== 0;
  if (reserved) return null;
  if (!single && 10 + ((window.bytes[window.at + 5] ?? 0) >>> 3) > LARGEST_WINDOW_LOG) return null;
  const contentCode = descriptor >>> 6;
  const contentBytes = contentCode === 0 && single ? 1 : (CONTENT_SIZE_BYTES[contentCode] ?? 0);
  const dictionaryBytes = DICTIONARY_ID_BYTES[descriptor & 3] ?? 0;
  return { headBytes: 5 + (single ? 0 : 1) + dictionaryBytes + contentBytes, checksum: (descriptor & 0x04) !== 0 };
}

/** Head of a block at `at` in the window's bytes. Null when it breaks the format. */
export function readBlockHead(bytes: Uint8Array, at: number): { payloadBytes: number; last: boolean } | null {
  const head = (bytes[at] as number) | ((bytes[at + 1] as number) << 8) | ((bytes[at + 2] as number) << 16);
  const type = (head >>> 1) & 3;
  const size = head >>> 3;
  if (type === 3 || size > LARGEST_BLOCK_BYTES) return null;
  const repeatedByte = type === 1;
  return { payloadBytes: repeatedByte ? 1 : size, last: (head & 1) !== 0 };
}

/**
 * Moves the window to the next place, from where it stands and before the file offset `limit`, that looks like a frame.
 * False when there is none, or the search became too costly: the window then stands at `limit`.
 */
export async function findFrame(window: FileWindow, limit: number, budget: WasteBudget): Promise<boolean> {
  while (!budget.spent) {
    await window.need(LARGEST_BLOCK_BYTES);
    const found = window.bytes.subarray(window.at, window.end).indexOf(MAGIC);
    if (found >= 0) {
      window.at += found;
      if (window.offset >= limit) break;
      if (await isFrame(window)) return true;
      budget.spend(LOOK_COST);
      window.at += 1;
    } else if (window.left <= window.end - window.at || window.offset >= limit) {
      break;
    } else {
      window.at = window.end - MAGIC.length + 1;
    }
  }
  window.seek(limit);
  return false;
}

async function isFrame(window: FileWindow): Promise<boolean> {
  await window.need(LONGEST_HEAD_BYTES + BLOCK_HEAD_BYTES);
  const head = readFrameHead(window);
  if (head === null) return false;
  const blockAt = window.at + head.headBytes;
  return blockAt + BLOCK_HEAD_BYTES <= window.end && readBlockHead(window.bytes, blockAt) !== null;
}
