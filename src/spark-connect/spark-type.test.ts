import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { DataTypeSchema } from './generated/spark/connect/types_pb.ts';
import { columnsOf, typeText } from './spark-type.ts';

const type = (kind: MessageInitShape<typeof DataTypeSchema>['kind']) =>
  create(DataTypeSchema, kind === undefined ? {} : { kind });

describe('a type', () => {
  it('is written as in SQL [spark-connect.types]', () => {
    expect(typeText(type({ case: 'decimal', value: { precision: 38, scale: 18 } }))).toBe('decimal(38,18)');
    expect(typeText(type({ case: 'string', value: { collation: 'UNICODE_CI' } }))).toBe('string collate UNICODE_CI');
    expect(typeText(type({ case: 'dayTimeInterval', value: { startField: 1, endField: 1 } }))).toBe('interval hour');
    expect(typeText(type({ case: 'time', value: {} }))).toBe('time(6)');
    expect(typeText(type({ case: 'udt', value: { sqlType: type({ case: 'long', value: {} }) } }))).toBe('bigint');
    expect(typeText(type(undefined))).toBe('unknown');
  });

  it('with many fields is written in full [spark-connect.types]', () => {
    const fields = Array.from({ length: 100 }, (_, index) => ({
      name: `f${index}`,
      dataType: type({ case: 'long', value: {} }),
    }));
    const struct = type({ case: 'struct', value: { fields } });
    expect(typeText(struct).split(',')).toHaveLength(100);
    expect(columnsOf(struct)[99]).toEqual({ name: 'f99', type: 'bigint', nullable: false });
  });
});
