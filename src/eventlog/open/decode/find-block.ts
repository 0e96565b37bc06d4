import { memoryOf } from './block-copy.ts';
import type { BlockFormat, BlockHead } from './block-format.ts';
import type { FileWindow } from './file-window.ts';
import type { WasteBudget } from './waste-budget.ts';

/** Bytes searched at a time. */
const STRETCH = 64 * 1024;
/** What a place that only looked like a block costs: in view, and when the file had to be asked. */
const LOOK_COST = 64;
const READ_COST = 16 * 1024;

/**
 * Moves the window to the next place, from where it stands and before the file offset `limit`, at which a block begins.
 * False when there is none, or the search became too costly: the window then stands at `limit`.
 */
export async function findBlock(
  window: FileWindow,
  format: BlockFormat,
  limit: number,
  budget: WasteBudget,
): Promise<boolean> {
  while (!budget.spent) {
    await window.need(STRETCH);
    const end = window.end;
    const at = format.find(window, window.at, end);
    if (at >= 0) {
      window.at = at;
      if (window.offset >= limit) break;
      if (await isBlock(window, format, budget)) return true;
      window.at += 1;
    } else if (window.left <= end - window.at || window.offset >= limit) {
      break;
    } else {
      // A head may lie across the end of what is in view.
      window.at = Math.max(window.at + 1, end - format.headBytes + 1);
    }
  }
  window.seek(limit);
  return false;
}

/** True when the window stands at a head that can be believed: a telling one, one that another or the file's end follows, or one whose block can be decoded. */
async function isBlock(window: FileWindow, format: BlockFormat, budget: WasteBudget): Promise<boolean> {
  await window.need(format.headBytes);
  const head = format.head(window, window.at, window.end);
  budget.spend(LOOK_COST);
  if (head === null || format.telling) return head !== null;
  const next = window.offset + head.headBytes + head.payloadBytes;
  if (next >= window.fileSize) return next === window.fileSize;
  if ((await headAt(window, format, next, budget)) !== null) return true;
  return !head.stored && (await canDecode(window, format, head, budget));
}

async function canDecode(
  window: FileWindow,
  format: BlockFormat,
  head: BlockHead,
  budget: WasteBudget,
): Promise<boolean> {
  if (!(await window.need(head.headBytes + head.payloadBytes))) return false;
  budget.spend(head.rawBytes);
  const from = window.at + head.headBytes;
  const scratch = memoryOf(Buffer.allocUnsafe(head.rawBytes));
  return format.decode(window, from, from + head.payloadBytes, scratch, 0, head.rawBytes) === head.rawBytes;
}

/** Reads the head at a file offset without moving the window. */
async function headAt(
  window: FileWindow,
  format: BlockFormat,
  offset: number,
  budget: WasteBudget,
): Promise<BlockHead | null> {
  const at = window.at + (offset - window.offset);
  if (at + format.headBytes <= window.end) return format.head(window, at, window.end);
  budget.spend(READ_COST);
  const scratch = memoryOf(Buffer.alloc(format.headBytes));
  const count = await window.readAt(offset, scratch.bytes);
  return format.head(scratch, 0, count);
}
