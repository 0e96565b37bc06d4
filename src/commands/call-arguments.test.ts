import { describe, expect, it } from 'vitest';
import { parseCallArguments, parseJsonArguments } from './call-arguments.ts';

const schema = {
  properties: {
    app_id: { type: 'string' },
    length: { type: 'integer' },
    ratio: { type: 'number' },
    failed_only: { type: 'boolean' },
    status: { type: 'array', items: { type: 'string' } },
    stage_ids: { type: 'array', items: { type: 'integer' } },
    filter: { type: 'object' },
    key: { anyOf: [{ type: 'string' }, { type: 'integer' }] },
  },
};
const parse = (...words: string[]) => parseCallArguments(words, schema);

describe('parseCallArguments', () => {
  it('reads each value by the type that the schema gives its key [cli.call-parses-by-schema]', () => {
    expect(parse('app_id=app-1', 'length=5', 'ratio=0.5', 'failed_only=true')).toEqual({
      app_id: 'app-1',
      length: 5,
      ratio: 0.5,
      failed_only: true,
    });
  });

  it('keeps text as text where the schema wants text [cli.call-parses-by-schema]', () => {
    expect(parse('app_id=42')).toEqual({ app_id: '42' });
    expect(parse('app_id=true')).toEqual({ app_id: 'true' });
    expect(parse('app_id={"a":1}')).toEqual({ app_id: '{"a":1}' });
  });

  it('keeps everything after the first equals sign', () => {
    expect(parse('app_id=a=b==')).toEqual({ app_id: 'a=b==' });
    expect(parse('app_id=')).toEqual({ app_id: '' });
  });

  it('reads lists with commas, as JSON, and from a repeated key', () => {
    expect(parse('stage_ids=1,2')).toEqual({ stage_ids: [1, 2] });
    expect(parse('stage_ids=[1,2]')).toEqual({ stage_ids: [1, 2] });
    expect(parse('status=failed', 'status=active')).toEqual({ status: ['failed', 'active'] });
  });

  it('reads objects as JSON', () => {
    expect(parse('filter={"a":1}')).toEqual({ filter: { a: 1 } });
  });

  it('prefers the number where a schema takes text and numbers', () => {
    expect(parse('key=7')).toEqual({ key: 7 });
    expect(parse('key=seven')).toEqual({ key: 'seven' });
  });

  it('leaves what does not fit and what is unknown to the tool’s own check', () => {
    expect(parse('length=many', 'other=1')).toEqual({ length: 'many', other: '1' });
  });

  it('does not take names of Object.prototype for earlier values', () => {
    expect(parse('constructor=x')).toEqual({ constructor: 'x' });
  });

  it('refuses a word that is no key=value', () => {
    expect(() => parse('app-1')).toThrowError(
      expect.objectContaining({ code: 'invalid_argument', message: '"app-1" is no argument.' }),
    );
    expect(() => parse('=x')).toThrowError(expect.objectContaining({ code: 'invalid_argument' }));
  });
});

describe('parseJsonArguments', () => {
  it('takes one JSON object', () => {
    expect(parseJsonArguments('{"length": 5}')).toEqual({ length: 5 });
  });

  it.each(['[1]', 'null', '"text"', '{"length": 5', ''])('refuses %j', (text) => {
    expect(() => parseJsonArguments(text)).toThrowError(expect.objectContaining({ code: 'invalid_argument' }));
  });
});
