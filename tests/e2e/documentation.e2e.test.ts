import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Block, blocksOf, REPOSITORY, readPages } from '../conformance/docs/pages.ts';
import { runHeadgate } from './headgate-process.ts';

/** A block that shows how to get an output, and the block after it, which shows the output. */
const shown = readPages().flatMap(({ path, text }) => {
  const blocks = blocksOf(text);
  return blocks.flatMap((block, index) => {
    const output = blocks[index + 1];
    return output?.language === 'text' ? [{ path, block, output: output.code }] : [];
  });
});
