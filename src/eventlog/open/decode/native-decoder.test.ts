import { deflateRawSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { NativeDecoder } from './native-decoder.ts';

const TEXT = 'stage 4 attempt 0 '.repeat(500);

describe('NativeDecoder', () => {
  it('decodes frame after frame with one context', () => {
    const parts = [TEXT, 'second', 'third'];
    const input = Buffer.concat(parts.map((part) => zstdCompressSync(part)));
    const decoder = NativeDecoder.zstd();
    const output = new Uint8Array(20_000);
    let to = 0;
    for (let at = 0; at < input.length; at += decoder.consumed) {
      decoder.step(input, at, input.length, output, to);
      expect(decoder.error).toBeNull();
      expect(decoder.consumed).toBeGreaterThan(0);
      to += decoder.produced;
    }
    decoder.close();
    expect(Buffer.from(output.subarray(0, to)).toString()).toBe(parts.join(''));
  });

  it('writes no further than the memory that it is given', () => {
    const input = zstdCompressSync(TEXT);
    const decoder = NativeDecoder.zstd();
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 1 });
    const output = new Uint8Array(memory.buffer, 100, 50);
    decoder.step(input, 0, input.length, output, 10);
    expect(decoder.produced).toBe(40);
    expect(Buffer.from(output.subarray(10)).toString()).toBe(TEXT.slice(0, 40));
    expect(new Uint8Array(memory.buffer, 150, 50).every((byte) => byte === 0)).toBe(true);
    decoder.close();
  });

  it('decodes again after an error and a reset', () => {
    const good = zstdCompressSync(TEXT);
    const bad = Buffer.from(good);
    bad.fill(0xff, 8, 20);
    const decoder = NativeDecoder.zstd();
    const output = new Uint8Array(20_000);
    decoder.step(bad, 0, bad.length, output, 0);
    expect(decoder.error).not.toBeNull();
    expect([decoder.consumed, decoder.produced]).toEqual([0, 0]);
    decoder.reset();
    decoder.step(good, 0, good.length, output, 0);
    expect([decoder.error, decoder.produced]).toEqual([null, TEXT.length]);
    decoder.close();
  });

  it('takes and writes nothing once a deflate stream has ended', () => {
    const stream = deflateRawSync(TEXT);
    const input = Buffer.concat([stream, Buffer.from('trailer')]);
    const decoder = NativeDecoder.deflate();
    const output = new Uint8Array(20_000);
    decoder.step(input, 0, input.length, output, 0);
    expect([decoder.consumed, decoder.produced]).toEqual([stream.length, TEXT.length]);
    decoder.step(input, stream.length, input.length, output, TEXT.length);
    expect([decoder.consumed, decoder.produced, decoder.error]).toEqual([0, 0, null]);
    decoder.close();
  });
});
