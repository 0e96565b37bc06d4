import { expect, it } from 'vitest';
import { renderApplied } from './apply.ts';
import { renderComparison, renderProblems } from './render-comparison.ts';
import { renderVersions } from './versions.ts';

const comparison = {
  from: 'a',
  to: 'b',
  object_count: 4,
  objects: [
    { kind: 'clusters', name: 'new', change: 'added', fields: [{ pointer: '/protocol', is: 'http' }] },
    {
      kind: 'routes',
      name: 'tools',
      change: 'changed',
      fields: [
        { pointer: '/cluster', was: 'old', is: 'new' },
        { pointer: '/order', was: 1 },
      ],
    },
    { kind: 'clusters', name: 'old', change: 'removed', fields: [{ pointer: '', was: {} }] },
  ],
  resource_count: 2,
  resources: [{ group: 'default', type: 'clusters', name: 'new', change: 'added' }],
} as const;

it('shows objects with their fields, then what follows for Envoy, with honest counts [up.cp]', () => {
  expect(renderComparison(comparison, 120).split('\n')).toEqual([
    '+ clusters/new',
    '    /protocol: "http"',
    '~ routes/tools',
    '    /cluster: "old" -> "new"',
    '    /order: was 1',
    '- clusters/old',
    '  and 1 more objects',
    '2 resources of Envoy differ:',
    '  + clusters/new (group default)',
    '  and 1 more',
  ]);
  const nothing = { ...comparison, object_count: 0, objects: [], resource_count: 0, resources: [] };
  expect(renderComparison(nothing, 80)).toBe('Nothing differs.');
});

it('tells a dry run from a change, and what should be known [up.cp]', () => {
  const applied = { version: 'b', parent: 'a', changed: true, dry_run: true, difference: comparison, warnings: [] };
  expect(renderApplied(applied, 80)).toMatch(/^Version b would be current\.\n\+ clusters\/new\n/);
  const warnings = [
    { severity: 'warning', path: 'routes/tools', message: 'No one goes there.', hint: 'Remove it.' },
  ] as const;
  expect(renderApplied({ ...applied, changed: false, dry_run: false, warnings }, 80)).toBe(
    'Nothing changed: version b is so already.\nwarning routes/tools: No one goes there.\n        Remove it.',
  );
  expect(renderProblems([{ severity: 'error', path: 'a', message: 'b\nc' }], 80)).toBe('error   a: b c');
});

it('lists versions with who made them and why [up.cp]', () => {
  const version = {
    number: 7,
    version: 'b',
    at: '2026-01-01T00:00:00.000Z',
    author: { subject: 'ada', via: 'api', reason: 'canary' },
    changed: 1,
    removed: 2,
    objects: ['routes/tools'],
  };
  expect(renderVersions({ items: [version], total: 3, next_cursor: '7' }, 120).split('\n')).toEqual([
    'NUMBER  VERSION  AT                        BY         OBJECTS  WHAT',
    '7       b        2026-01-01T00:00:00.000Z  ada (api)  +1 -2    canary: routes/tools',
    '2 older ones are not shown.',
  ]);
  expect(renderVersions({ items: [], total: 0, next_cursor: null }, 80)).toBe('There is no version yet.');
});
