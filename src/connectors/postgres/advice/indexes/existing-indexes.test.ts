import { expect, it } from 'vitest';
import { buildIndex, buildTable } from '../fixtures/table-builder.ts';
import type { IndexFacts } from '../table-facts.ts';
import { droppableIndexes, dropStatement } from './existing-indexes.ts';

const droppable = (...indexes: IndexFacts[]) =>
  droppableIndexes([buildTable('t', { a: 'int' }, { indexes })]).map(
    ({ index, reason, coveredBy }) => `${index.name} ${reason}${coveredBy === null ? '' : ` ${coveredBy}`}`,
  );

it('tells duplicates, beginnings of others, unused and invalid ones [postgres-advice.indexes-to-drop]', () => {
  expect(droppable(buildIndex('one', ['a']), buildIndex('two', ['a']))).toEqual(['one duplicate two']);
  expect(droppable(buildIndex('short', ['a']), buildIndex('long', ['a', 'b']))).toEqual(['short prefix long']);
  expect(droppable(buildIndex('idle', ['a'], { scans: 0 }))).toEqual(['idle unused']);
  expect(droppable(buildIndex('broken', ['a'], { valid: false }))).toEqual(['broken invalid']);
});

it('leaves what guards rows, what differs, and what is small [postgres-advice.indexes-to-drop]', () => {
  expect(
    droppable(buildIndex('pk', ['a'], { unique: true, required: true, scans: 0 }), buildIndex('b', ['b'])),
  ).toEqual([]);
  expect(droppable(buildIndex('u', ['a'], { unique: true }), buildIndex('ab', ['a', 'b']))).toEqual([]);
  expect(droppable(buildIndex('plain', ['a']), buildIndex('pk', ['a'], { unique: true, required: true }))).toEqual([
    'plain duplicate pk',
  ]);
  expect(droppable(buildIndex('x', ['a']), buildIndex('y', ['a'], { predicate: 'b > 0' }))).toEqual([]);
  expect(droppable(buildIndex('x', ['a']), buildIndex('y', ['a'], { method: 'hash' }))).toEqual([]);
  expect(droppable(buildIndex('x', ['a DESC']), buildIndex('y', ['a', 'b']))).toEqual([]);
  expect(droppable(buildIndex('tiny', ['a'], { scans: 0, bytes: 8192 }))).toEqual([]);
});

it('keeps one of three equal ones [postgres-advice.indexes-to-drop]', () => {
  const same = ['x', 'y', 'z'].map((name) => buildIndex(name, ['a']));
  expect(droppable(...same)).toEqual(['x duplicate y', 'y duplicate z']);
});

it('drops by schema and quoted name', () => {
  expect(dropStatement(buildIndex('By "a"', ['a']))).toBe('DROP INDEX CONCURRENTLY public."By ""a""";');
});
