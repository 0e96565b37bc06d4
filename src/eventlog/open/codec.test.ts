import { describe, expect, it } from 'vitest';
import { codecOfName, detectCodec, sniffCodec } from './codec.ts';
import { CODECS, encodeLog } from './fixtures/encode.ts';

const EVENT = Buffer.from('{"Event":"SparkListenerLogStart","Spark Version":"4.3.0"}\n');

describe('codecOfName', () => {
  it.each([
    ['application_1_2.zstd', 'zstd'],
    ['local-1.lz4.inprogress', 'lz4'],
    ['events_2_local-1.zstd.compact', 'zstd'],
    ['app-1_2.snappy', 'snappy'],
    ['app.lzf', 'lzf'],
    ['eventlog-2026-11-21--07-00.gz', 'gz'],
    ['app.ZST', 'zstd'],
    ['application_1_2', null],
    ['app.inprogress', null],
    ['notes.txt', null],
  ])('reads %s as %s', (name, codec) => {
    expect(codecOfName(`/logs.gz/${name}`)).toBe(codec);
  });
});

describe('detectCodec', () => {
  it.each(CODECS)('recognises %s by its first bytes, whatever the name claims', (codec) => {
    const { bytes } = encodeLog(codec, [EVENT]);
    expect(sniffCodec(bytes)).toBe(codec);
    expect(detectCodec(bytes.subarray(0, 32), '/logs/app.lzf')).toBe(codec);
    expect(detectCodec(bytes.subarray(0, 32), '/logs/app')).toBe(codec);
  });

  it('takes text after a byte-order mark and white space for plain', () => {
    expect(detectCodec(Buffer.from('\uFEFF \r\n{"Event":1}'), '/logs/app.zstd')).toBe('none');
  });

  it('believes the name when the first bytes show nothing', () => {
    expect(detectCodec(Buffer.alloc(32, 0xee), '/logs/app.zstd')).toBe('zstd');
    // A flipped bit can turn a magic number's first byte into a brace.
    expect(detectCodec(Buffer.from('{Z4Block\x25\x10\0\0\0\0\x80\0\0', 'latin1'), '/logs/app.lz4')).toBe('lz4');
    expect(detectCodec(Buffer.alloc(32, 0xee), '/logs/app')).toBe('none');
    expect(detectCodec(Buffer.alloc(0), '/logs/app.gz')).toBe('gz');
  });

  it.each([
    ['504b0304', 'a zip archive'],
    ['425a6839', 'a bzip2 file'],
    ['fd377a585a00', 'an xz file'],
    ['04224d18', 'an lz4 frame'],
    ['ff060000734e61507059', 'framed snappy'],
    ['50415231', 'a Parquet file'],
  ])('refuses %s: %s', (magic, format) => {
    expect(() => detectCodec(Buffer.from(magic, 'hex'), '/logs/app.zstd')).toThrow(format);
  });
});
