import { describe, expect, it } from 'vitest';
import { gmt, JavaDouble, type Json, javaDouble, jsonChunks, jsonText, Streamed } from './json.ts';

describe('jsonText', () => {
  it('indents as Jackson does and leaves out what is absent [history-rest.format]', () => {
    const value: Json = {
      id: 'a',
      none: null,
      nothing: undefined,
      list: [1, { x: true }],
      empty: [],
      record: {},
      nested: [[1], ['b']],
    };
    expect(jsonText(value)).toBe(
      '{\n  "id" : "a",\n  "list" : [ 1, {\n    "x" : true\n  } ],\n  "empty" : [ ],\n  "record" : { },\n  "nested" : [ [ 1 ], [ "b" ] ]\n}',
    );
  });

  it('keeps the order of a map, whole numbers included, and escapes its names [history-rest.format]', () => {
    expect(
      jsonText(
        new Map<string, Json>([
          ['7', 1],
          ['0', 2],
          ['"', 3],
        ]),
      ),
    ).toBe('{\n  "7" : 1,\n  "0" : 2,\n  "\\"" : 3\n}');
  });

  it('writes control characters with capital hex digits, and text that looks like an escape as it is', () => {
    expect(jsonText('a\u001b\n\\u001b"é\u2028')).toBe('"a\\u001B\\n\\\\u001b\\"é\u2028"');
  });

  it('writes a character beyond 16 bits as its two halves [history-rest.format]', () => {
    expect(jsonText('é €\u{1f600}\\u{1f600}')).toBe('"é €\\uD83D\\uDE00\\\\u{1f600}"');
  });

  it('writes the same of streamed values, at any depth, in pieces [history-rest.format] [history-rest.streamed]', () => {
    const plain: Json = { list: [{ a: 1 }, { a: 2 }], map: { b: [1, 2] } };
    const streamed = Streamed.object([
      ['list', Streamed.array([{ a: 1 }, { a: 2 }])],
      ['gone', undefined],
      ['map', Streamed.object([['b', Streamed.array([1, 2])]])],
    ]);
    expect(jsonText(streamed)).toBe(jsonText(plain));
    expect(jsonText(Streamed.array([]))).toBe('[ ]');
    expect(jsonText(Streamed.object([]))).toBe('{ }');
  });

  it('masks every text and every name of a map, and nothing of a record’s own names [history-rest.texts-redacted]', () => {
    const mask = (text: string) => text.toUpperCase();
    expect(jsonText({ name: 'a', map: new Map([['b', 'c']]), list: ['d'] }, mask)).toBe(
      '{\n  "name" : "A",\n  "map" : {\n    "B" : "C"\n  },\n  "list" : [ "D" ]\n}',
    );
  });
});

describe('jsonChunks', () => {
  it('makes a member only when the piece before it was taken [history-rest.streamed]', () => {
    let made = 0;
    function* members(): Generator<Json> {
      for (; made < 100; made += 1) yield 'x'.repeat(10_000);
    }
    const chunks = jsonChunks(Streamed.array(members()));
    expect((chunks.next().value as string).length).toBeGreaterThan(250_000);
    expect(made).toBeLessThan(30);
    expect([...chunks].join('').endsWith(' ]')).toBe(true);
    expect(made).toBe(100);
  });
});

describe('javaDouble', () => {
  it.each([
    [0, '0.0'],
    [-0, '-0.0'],
    [3, '3.0'],
    [0.05, '0.05'],
    [1234567.5, '1234567.5'],
    [9_999_999, '9999999.0'],
    [10_000_000, '1.0E7'],
    [15_667_207, '1.5667207E7'],
    [0.001, '0.001'],
    [0.0001, '1.0E-4'],
    [Number.NaN, '"NaN"'],
    [Number.POSITIVE_INFINITY, '"Infinity"'],
  ])('writes %d as %s [history-rest.format]', (value, text) => {
    expect(javaDouble(value)).toBe(text);
    expect(jsonText([new JavaDouble(value)])).toBe(`[ ${text} ]`);
  });
});

describe('gmt', () => {
  it.each([
    [1_795_246_629_987, '2026-11-21T07:37:09.987GMT'],
    [-1, '1969-12-31T23:59:59.999GMT'],
    [253_402_300_800_000, '10000-01-01T00:00:00.000GMT'],
  ])('writes %d as %s [history-rest.format]', (time, text) => {
    expect(gmt(time)).toBe(text);
  });

  it('is absent for a time that is not known', () => {
    expect(gmt(null)).toBeUndefined();
  });
});
