import type { FileWindow } from './file-window.ts';
import type { WasteBudget } from './waste-budget.ts';

/** RFC 1952: ID1, ID2, deflate. */
const MAGIC = Buffer.from([0x1f, 0x8b, 0x08]);
const FIXED_HEAD_BYTES = 10;
/** FEXTRA takes up to 64 KB; a name or comment that does not end within as much is none. */
export const LONGEST_HEAD_BYTES = 192 * 1024;
export const TRAILER_BYTES = 8;
const HEAD_CRC = 0x02;
const EXTRA = 0x04;
const NAME = 0x08;
const COMMENT = 0x10;
const RESERVED = 0xe0;
const STRETCH = 64 * 1024;
/** What a place that only looked like a member costs of the budget. */
const LOOK_COST = 64;

/** Length of the member head at the start of `bytes`; 0 when it is not there in full, -1 when no member can begin so. */
export function memberHeadBytes(bytes: Uint8Array): number {
  const present = Math.min(MAGIC.length, bytes.length);
  if (!MAGIC.subarray(0, present).equals(bytes.subarray(0, present))) return -1;
  if (bytes.length < FIXED_HEAD_BYTES) return 0;
  const flags = bytes[3] as number;
  if ((flags & RESERVED) !== 0) return -1;
  const extraBytes = (flags & EXTRA) === 0 ? 0 : 2 + ((bytes[10] ?? 0) | ((bytes[11] ?? 0) << 8));
  const named = (flags & NAME) === 0 ? FIXED_HEAD_BYTES + extraBytes : endOfText(bytes, FIXED_HEAD_BYTES + extraBytes);
  const commented = (flags & COMMENT) === 0 ? named : endOfText(bytes, named);
  const end = commented + ((flags & HEAD_CRC) === 0 ? 0 : 2);
  return end <= bytes.length ? end : 0;
}

/** Place after the zero that ends a text; beyond all bytes when it does not end. */
function endOfText(bytes: Uint8Array, at: number): number {
  const end = at < bytes.length ? bytes.indexOf(0, at) : -1;
  return end < 0 ? Number.POSITIVE_INFINITY : end + 1;
}

/** Moves the window to the next place that looks like a member. False when there is none: the window then is at the file's end. */
export async function findMember(window: FileWindow, budget: WasteBudget): Promise<boolean> {
  while (!budget.spent) {
    await window.need(STRETCH);
    const found = window.bytes.subarray(window.at, window.end).indexOf(MAGIC);
    if (found >= 0) {
      window.at += found;
      await window.need(FIXED_HEAD_BYTES);
      if (isLikely(window.bytes.subarray(window.at, window.end))) return true;
      budget.spend(LOOK_COST);
      window.at += 1;
    } else if (window.left <= window.end - window.at) {
      break;
    } else {
      window.at = window.end - MAGIC.length + 1;
    }
  }
  window.seek(window.fileSize);
  return false;
}

/** Compressed bytes hold the magic by chance: also ask for flags, XFL (0, 2, 4) and operating system that exist. */
function isLikely(head: Uint8Array): boolean {
  const [, , , flags = RESERVED, , , , , level = 1, system = 0x7f] = head;
  return (flags & RESERVED) === 0 && (level === 0 || level === 2 || level === 4) && (system <= 13 || system === 255);
}
