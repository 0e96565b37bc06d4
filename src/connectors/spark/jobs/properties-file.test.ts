import { describe, expect, it } from 'vitest';
import { renderProperties } from './properties-file.ts';

describe('a properties file', () => {
  it('holds one line for each property, whatever its value holds [spark.secrets-kept-out]', () => {
    expect(renderProperties({ 'spark.a': '1', 'spark.b': ' x\nspark.plugins=evil', 'spark.c': 'C:\\d=#!' })).toBe(
      'spark.a=1\nspark.b=\\ x\\nspark.plugins=evil\nspark.c=C:\\\\d=#!\n',
    );
  });
});
