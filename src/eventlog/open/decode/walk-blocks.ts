import type { BlockFormat } from './block-format.ts';
import type { FileWindow } from './file-window.ts';
import { findBlock } from './find-block.ts';
import type { WasteBudget } from './waste-budget.ts';
import {
  BLOCK_HEAD_BYTES,
  CHECKSUM_BYTES,
  findFrame,
  frameKindAt,
  LONGEST_HEAD_BYTES,
  readBlockHead,
  readFrameHead,
  SKIPPABLE_HEAD_BYTES,
} from './zstd-frames.ts';

/** Moves the window to the start of the next block or frame. False at the end of the file. Reads heads only. */
export type Walk = (window: FileWindow, budget: WasteBudget) => Promise<boolean>;

/** Walks the blocks of lz4, snappy or lzf. */
export function blockWalk(format: BlockFormat): Walk {
  return async (window, budget) => {
    if (!window.has(format.headBytes)) await window.need(format.headBytes);
    const head = format.head(window, window.at, window.end);
    if (head !== null) {
      window.skip(head.headBytes + head.payloadBytes);
      return window.left > 0;
    }
    window.skip(1);
    return findBlock(window, format, window.fileSize, budget);
  };
}

/** Walks zstd frames. */
export const frameWalk: Walk = async (window, budget) => {
  if (!window.has(LONGEST_HEAD_BYTES)) await window.need(LONGEST_HEAD_BYTES);
  const { offset } = window;
  const kind = frameKindAt(window);
  if (kind === 'skippable' && window.has(SKIPPABLE_HEAD_BYTES)) {
    window.skip(SKIPPABLE_HEAD_BYTES + window.view.getUint32(window.at + 4, true));
    return window.left > 0;
  }
  if (kind === 'frame' && (await skipFrame(window))) return window.left > 0;
  window.seek(offset + 1);
  return findFrame(window, window.fileSize, budget);
};

/** Passes over the frame where the window stands. False when it breaks the format or the file ends in it. */
async function skipFrame(window: FileWindow): Promise<boolean> {
  const head = readFrameHead(window);
  if (head === null) return false;
  window.skip(head.headBytes);
  for (;;) {
    if (!window.has(BLOCK_HEAD_BYTES) && !(await window.need(BLOCK_HEAD_BYTES))) return false;
    const block = readBlockHead(window.bytes, window.at);
    if (block === null) return false;
    window.skip(BLOCK_HEAD_BYTES + block.payloadBytes);
    if (block.last) break;
  }
  if (head.checksum) window.skip(CHECKSUM_BYTES);
  return true;
}
