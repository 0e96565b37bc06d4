import { describe, expect, it } from 'vitest';
import { parseDateParameter } from './date-parameter.ts';

describe('parseDateParameter', () => {
  it.each([
    ['2026-11-21T07:37:00.000GMT', '2026-11-21T07:37:00.000Z'],
    ['2026-11-21T07:37:00.5GMT', '2026-11-21T07:37:00.005Z'],
    ['2026-11-21T08:37:00.000GMT+01:00', '2026-11-21T07:37:00.000Z'],
    ['2026-11-21T08:37:00.000+0100', '2026-11-21T07:37:00.000Z'],
    ['2026-11-20T23:37:00.000PST', '2026-11-21T07:37:00.000Z'],
    ['2026-11-21', '2026-11-21T00:00:00.000Z'],
    ['2026-11-21T07:37', '2026-11-21T00:00:00.000Z'],
    ['2026-11-21T07:37:00.000Z', '2026-11-21T00:00:00.000Z'],
    ['2026-11-21T08:37:00.000+01:00', '2026-11-21T00:00:00.000Z'],
    ['2026-13-41 or so', '2027-02-10T00:00:00.000Z'],
  ])('reads %s as %s, as Java does [history-rest.parameters]', (text, iso) => {
    expect(new Date(parseDateParameter(text) ?? Number.NaN).toISOString()).toBe(iso);
  });

  it.each(['', 'yesterday', '20261121', '2026', 'T07:37'])('refuses %j [history-rest.parameters]', (text) => {
    expect(parseDateParameter(text)).toBeNull();
  });
});
