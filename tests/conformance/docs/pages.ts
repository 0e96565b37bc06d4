import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const REPOSITORY = join(import.meta.dirname, '..', '..', '..');

/** One page of the documentation. */
export interface Page {
  /** Relative to the repository. */
  readonly path: string;
  readonly text: string;
}

/** A fenced block and the headings that it stands under, outermost first. */
export interface Block {
  readonly language: string;
  readonly code: string;
  readonly headings: readonly string[];
}

/** Every page, those that are generated included. */
export function readPages(): Page[] {
  return globSync(['*.md', 'docs/**/*.md', 'bench/*.md', 'examples/**/*.md'], { cwd: REPOSITORY })
    .sort()
    .map((path) => ({ path, text: readText(path) }));
}

/** A file of the repository. */
export function readText(path: string): string {
  return readFileSync(join(REPOSITORY, path), 'utf8');
}

/** The fenced blocks of a page, in order. */
export function blocksOf(text: string): Block[] {
  const blocks: Block[] = [];
  const headings: string[] = [];
  for (const [, level, title, language, code] of text.matchAll(/^(#+) (.+)$|^```(\w*)\n([\s\S]*?)^```$/gm)) {
    if (level !== undefined) headings.splice(level.length - 1, Number.POSITIVE_INFINITY, title ?? '');
    else blocks.push({ language: language ?? '', code: code ?? '', headings: [...headings] });
  }
  return blocks;
}

/** What stands in single backticks outside of fenced blocks. */
export function inlineCode(text: string): string[] {
  return [...text.replace(/^```[\s\S]*?^```$/gm, '').matchAll(/`([^`\n]+)`/g)].map(([, code]) => code ?? '');
}

/** The anchors that GitHub gives the headings of a page. */
export function anchorsOf(text: string): Set<string> {
  const titles = [...text.replace(/^```[\s\S]*?^```$/gm, '').matchAll(/^#+ (.+)$/gm)].map(([, title]) => title ?? '');
  return new Set(
    titles.map((title) =>
      title
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}
