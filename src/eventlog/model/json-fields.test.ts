import { describe, expect, it } from 'vitest';
import { textMapAt } from './json-fields.ts';

const mapOf = (json: string) => ({ ...textMapAt({ map: JSON.parse(json) }, 'map') });

describe('texts of an object', () => {
  it('are its strings, and JSON for everything else', () => {
    expect(mapOf('{"a":"x","b":1,"c":null,"d":[1]}')).toEqual({ a: 'x', b: '1', c: 'null', d: '[1]' });
  });

  it('are read from pairs, whatever stands in the place of a name [fuzz.logs]', () => {
    expect(mapOf('[["a","x"],[1,"y"],[{"toString":1},"z"]]')).toEqual({ a: 'x', 1: 'y', '{"toString":1}': 'z' });
  });

  it('say so where a value is nested too deeply to be written [fuzz.logs]', () => {
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    expect(mapOf(`{"a":${deep},"b":"x"}`)).toEqual({ a: '(nested too deeply)', b: 'x' });
    expect(mapOf(`[[${deep},"x"]]`)).toEqual({ '(nested too deeply)': 'x' });
  });
});
