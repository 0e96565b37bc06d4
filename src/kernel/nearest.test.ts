import { describe, expect, it } from 'vitest';
import { nearest } from './nearest.ts';

describe('nearest', () => {
  it('offers the candidate with the fewest edits first', () => {
    expect(nearest('tolsets', ['read_only', 'toolsets', 'tool_sets'])).toEqual(['toolsets', 'tool_sets']);
  });

  it('offers candidates that contain what was typed', () => {
    expect(nearest('1700', ['app-1700-0001', 'local-42'])).toEqual(['app-1700-0001']);
  });

  it('offers nothing when nothing is close', () => {
    expect(nearest('database', ['host', 'port'])).toEqual([]);
  });

  it('keeps to the limit and orders equal scores by name', () => {
    expect(nearest('ab', ['ac', 'aa', 'ad'], 2)).toEqual(['aa', 'ac']);
  });

  it('ignores case', () => {
    expect(nearest('HOST', ['host'])).toEqual(['host']);
  });
});
