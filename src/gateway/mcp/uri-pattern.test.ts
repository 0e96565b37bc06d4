import { describe, expect, it } from 'vitest';
import { compileTemplate } from './uri-pattern.ts';

describe('compileTemplate', () => {
  const stage = compileTemplate('spark://applications/{app}/stages/{stage}');

  it('reads and decodes the variables [gateway.resources]', () => {
    expect(stage.variables).toEqual(['app', 'stage']);
    expect(stage.match('spark://applications/app%201/stages/7')).toEqual({ app: 'app 1', stage: '7' });
  });

  it.each([
    'spark://applications/a',
    'spark://applications/a/stages/7/x',
    'spark://applications//stages/7',
    'spark://applications/%E0%A4%A/stages/7',
    'xspark://applications/a/stages/7',
  ])('does not take %s for its own [gateway.resources]', (uri) => {
    expect(stage.match(uri)).toBeUndefined();
  });

  it('matches a fixed URI literally [gateway.resources]', () => {
    const fixed = compileTemplate('test://a.b');
    expect([fixed.match('test://a.b'), fixed.match('test://aXb')]).toEqual([{}, undefined]);
  });
});
