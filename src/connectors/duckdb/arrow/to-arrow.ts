import {
  DuckDBArrayType,
  type DuckDBArrayValue,
  type DuckDBDataChunk,
  DuckDBDecimalType,
  type DuckDBDecimalValue,
  DuckDBListType,
  type DuckDBListValue,
  DuckDBMapType,
  type DuckDBMapValue,
  DuckDBStructType,
  type DuckDBStructValue,
  type DuckDBType,
  type DuckDBValue,
} from '@duckdb/node-api';
import * as arrow from 'apache-arrow';
import { flattened, validity } from './buffers.ts';
import { decimal, type Encoder, scalarEncoder } from './scalar-encoders.ts';

/** Turns chunks of a result into Arrow IPC streams with the same columns. */
export interface ArrowWriter {
  /** Complete stream with a batch a chunk; without chunks one without rows. */
  write(chunks: readonly DuckDBDataChunk[]): Uint8Array;
}

/** A writer for these columns. What Arrow has no type for travels as text, exact. */
export function arrowWriter(names: readonly string[], types: readonly DuckDBType[]): ArrowWriter {
  const encoders = types.map((type, column) => encoderOf(type, names[column] ?? ''));
  const schema = new arrow.Schema(encoders.map(({ type }, column) => new arrow.Field(names[column] ?? '', type, true)));
  const batchOf = (columns: readonly (readonly DuckDBValue[])[], length: number) =>
    new arrow.RecordBatch(
      schema,
      arrow.makeData({
        type: new arrow.Struct(schema.fields),
        length,
        nullCount: 0,
        children: encoders.map(({ build }, column) => build(columns[column] ?? [])),
      }),
    );
  return {
    write(chunks) {
      const batches = chunks.map((chunk) => batchOf(chunk.getColumns(), chunk.rowCount));
      return arrow.tableToIPC(new arrow.Table(schema, batches.length > 0 ? batches : [batchOf([], 0)]), 'stream');
    },
  };
}

function encoderOf(type: DuckDBType, column: string): Encoder {
  if (type instanceof DuckDBDecimalType)
    return decimal(type.scale, type.width, column, (value) => (value as DuckDBDecimalValue).value);
  if (type instanceof DuckDBListType) return list(encoderOf(type.valueType, column));
  if (type instanceof DuckDBArrayType) return fixedList(encoderOf(type.valueType, column), type.length);
  if (type instanceof DuckDBStructType) return struct(type, column);
  if (type instanceof DuckDBMapType) return map(encoderOf(type.keyType, column), encoderOf(type.valueType, column));
  return scalarEncoder(type.typeId, column);
}

function list(item: Encoder): Encoder {
  const type = new arrow.List(new arrow.Field('item', item.type, true));
  return {
    type,
    build(values) {
      const { items, valueOffsets } = flattened(
        (values as (DuckDBListValue | null)[]).map((value) => value?.items ?? null),
      );
      return arrow.makeData({
        type,
        length: values.length,
        ...validity(values),
        valueOffsets,
        child: item.build(items),
      });
    },
  };
}

function fixedList(item: Encoder, length: number): Encoder {
  const type = new arrow.FixedSizeList(length, new arrow.Field('item', item.type, true));
  const absent: DuckDBValue[] = new Array<DuckDBValue>(length).fill(null);
  return {
    type,
    build(values) {
      const items = (values as (DuckDBArrayValue | null)[]).flatMap((value) => value?.items ?? absent);
      return arrow.makeData({ type, length: values.length, ...validity(values), child: item.build(items) });
    },
  };
}

function struct(struct: DuckDBStructType, column: string): Encoder {
  const fields = struct.entryNames.map((name, index) => {
    const encoder = encoderOf(struct.entryTypes[index] as DuckDBType, `${column}.${name}`);
    return { name, encoder };
  });
  const type = new arrow.Struct(fields.map(({ name, encoder }) => new arrow.Field(name, encoder.type, true)));
  return {
    type,
    build: (values) =>
      arrow.makeData({
        type,
        length: values.length,
        ...validity(values),
        children: fields.map(({ name, encoder }) =>
          encoder.build((values as (DuckDBStructValue | null)[]).map((value) => value?.entries[name] ?? null)),
        ),
      }),
  };
}

function map(key: Encoder, value: Encoder): Encoder {
  const entry = new arrow.Struct<{ key: arrow.DataType; value: arrow.DataType }>([
    new arrow.Field('key', key.type, false),
    new arrow.Field('value', value.type, true),
  ]);
  const type = new arrow.Map_<arrow.DataType, arrow.DataType>(new arrow.Field('entries', entry, false));
  return {
    type,
    build(values) {
      const { items, valueOffsets } = flattened(
        (values as (DuckDBMapValue | null)[]).map((one) => one?.entries ?? null),
      );
      const child = arrow.makeData({
        type: entry,
        length: items.length,
        nullCount: 0,
        children: [key.build(items.map((one) => one.key)), value.build(items.map((one) => one.value))],
      });
      return arrow.makeData({ type, length: values.length, ...validity(values), valueOffsets, child });
    },
  };
}
