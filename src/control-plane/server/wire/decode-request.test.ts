import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { HeadgateError } from '../../../kernel/errors.ts';
import { encodeRequest } from '../fixtures/in-memory-client.ts';
import { decodeDeltaRequest, decodeSotwRequest } from './decode-request.ts';

test('reads what a client writes [xds.wire]', () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 20 });
  const names = fc.array(text, { maxLength: 5 });
  fc.assert(
    fc.property(
      text,
      text,
      names,
      names,
      fc.dictionary(text, text),
      text,
      (typeUrl, nonce, one, other, initial, error) => {
        const delta = encodeRequest('delta', { typeUrl, nonce, subscribe: one, unsubscribe: other, initial, error });
        expect(decodeDeltaRequest(delta)).toEqual({
          node: null,
          typeUrl,
          nonce,
          errorDetail: { code: 13, message: error },
          subscribe: one,
          unsubscribe: other,
          initialVersions: Object.keys(initial).length === 0 ? null : new Map(Object.entries(initial)),
        });
        const sotw = encodeRequest('sotw', { typeUrl, nonce, names: one, versionInfo: 'v' });
        expect(decodeSotwRequest(sotw)).toEqual({
          node: null,
          typeUrl,
          nonce,
          errorDetail: null,
          names: one,
          versionInfo: 'v',
        });
      },
    ),
  );
});

test('answers any bytes with a request or with invalid_argument, and nothing else [xds.garbage]', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      for (const decode of [decodeDeltaRequest, decodeSotwRequest]) {
        try {
          decode(Buffer.from(bytes));
        } catch (error) {
          expect(error).toBeInstanceOf(HeadgateError);
          expect(error).toMatchObject({ code: 'invalid_argument' });
        }
      }
    }),
    { numRuns: 2000 },
  );
});

test('reads a node with its place, version, metadata and features, and skips what it does not know [xds.wire]', () => {
  const put = (writer: BinaryWriter, field: number, value: string | Uint8Array) =>
    writer.tag(field, WireType.LengthDelimited).bytes(Buffer.from(value));
  const locality = put(put(put(new BinaryWriter(), 1, 'eu'), 2, 'eu-1'), 3, 'rack').finish();
  const number = new BinaryWriter().tag(1, WireType.Varint).uint32(1).tag(2, WireType.Varint).uint32(40).finish();
  const build = put(new BinaryWriter(), 1, number).finish();
  const value = put(new BinaryWriter(), 3, 'blue').finish();
  const entry = put(put(new BinaryWriter(), 1, 'colour'), 2, value).finish();
  const metadata = put(new BinaryWriter(), 1, entry).finish();
  const node = new BinaryWriter();
  put(put(put(put(node, 1, 'n'), 2, 'c'), 3, metadata), 4, locality);
  put(put(put(put(node, 6, 'envoy'), 8, build), 9, 'an extension'), 10, 'a feature');
  const request = put(put(new BinaryWriter(), 1, node.finish()), 99, 'unknown').finish();
  expect(decodeDeltaRequest(Buffer.from(request)).node).toEqual({
    node: {
      id: 'n',
      cluster: 'c',
      region: 'eu',
      zone: 'eu-1',
      subZone: 'rack',
      version: '1.40.0',
      agent: 'envoy',
      metadata: { colour: 'blue' },
    },
    features: new Set(['a feature']),
  });
});
