import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { BENCH_FOLDER, type CorpusEntry, loadCorpus } from '../../../bench/detection/corpus-index.ts';
import { RULES } from '../../../src/insight/rules/index.ts';

/** The promises of the bench: kinds of defects, variants of each, controls, and bytes in the repository. */
const DEFECTS = 20;
const VARIANTS = 5;
const CONTROLS = 50;
const CORPUS_BYTES = 12 * 1024 * 1024;
const LOG_BYTES = 500 * 1024;

const corpus = await loadCorpus();
const controls = corpus.filter((entry) => entry.defect === null);
const byDefect = Map.groupBy(
  corpus.filter((entry) => entry.defect !== null),
  (entry) => entry.defect as string,
);

async function bytesOf(entry: CorpusEntry): Promise<number> {
  return (await stat(join(BENCH_FOLDER, entry.path))).size;
}

describe('the index of the detection corpus', () => {
  it('has twenty kinds of defects in five variants or more, and fifty controls [detection.corpus-size]', () => {
    const complete = [...byDefect.values()].filter((variants) => variants.length >= VARIANTS);

    expect(complete.length).toBeGreaterThanOrEqual(DEFECTS);
    expect(controls.length).toBeGreaterThanOrEqual(CONTROLS);
  });

  it('names logs that exist, are small, and together stay below 12 MB [detection.corpus-small]', async () => {
    const sizes = await Promise.all(corpus.map(bytesOf));

    expect(corpus.filter((_, at) => (sizes[at] ?? 0) > LOG_BYTES).map((entry) => entry.id)).toEqual([]);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(CORPUS_BYTES);
  });

  it('names rules that exist, and a reason for each that is allowed [detection.labels-known]', () => {
    const known = new Set(RULES.map((rule) => rule.id));
    const named = corpus.flatMap(({ expected, allowed }) => [...expected, ...Object.keys(allowed)]);

    expect([...new Set(named)].filter((rule) => !known.has(rule))).toEqual([]);
    expect(corpus.flatMap(({ allowed }) => Object.values(allowed)).filter((reason) => reason.trim() === '')).toEqual(
      [],
    );
  });

  it('expects the rule of each defect, and nothing of a control [detection.labels-known]', () => {
    const wrong = corpus.filter(({ defect, expected }) =>
      defect === null ? expected.length > 0 : !expected.includes(defect),
    );

    expect(wrong.map((entry) => entry.id)).toEqual([]);
  });

  it('never allows what it expects, and has each id once [detection.labels-known]', () => {
    const both = corpus.filter(({ expected, allowed }) => expected.some((rule) => Object.hasOwn(allowed, rule)));

    expect(both.map((entry) => entry.id)).toEqual([]);
    expect(new Set(corpus.map((entry) => entry.id)).size).toBe(corpus.length);
  });

  it('has logs of both Spark versions among defects and among controls [detection.corpus-versions]', () => {
    const versionsOf = (entries: readonly CorpusEntry[]) =>
      [...new Set(entries.map((one) => one.spark_version))].sort();

    expect(versionsOf(controls)).toEqual(['3.5.9', '4.3.0']);
    expect(versionsOf(corpus.filter((entry) => entry.defect !== null))).toEqual(['3.5.9', '4.3.0']);
  });
});
