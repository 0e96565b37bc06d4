import { describe, expect, it } from 'vitest';
import { BUFFER_BYTES, CopyBuffers } from './copy-buffers.ts';

describe('memory of a COPY', () => {
  it('is used again only after it was sent', () => {
    let sent = false;
    const buffers = new CopyBuffers(() => sent);
    const first = buffers.take(BUFFER_BYTES);
    const second = buffers.take(10);
    expect(second).toHaveLength(10);
    expect(second.buffer).not.toBe(first.buffer);
    sent = true;
    const again = [buffers.take(20), buffers.take(30)].map(({ buffer }) => buffer);
    expect(new Set([first.buffer, second.buffer])).toContain(again[0]);
    expect(new Set([first.buffer, second.buffer])).toContain(again[1]);
  });

  it('is that of one row when the row is larger than a buffer', () => {
    const buffers = new CopyBuffers(() => true);
    const large = buffers.take(BUFFER_BYTES + 1);
    expect(large).toHaveLength(BUFFER_BYTES + 1);
    expect(buffers.take(1).buffer).not.toBe(large.buffer);
  });
});
