/** Stands at the top of every page. */
export const GENERATED = '<!-- Written by `npm run build:reference`: change the definitions in src, not this file. -->';

/** Text as code. Backticks in it are kept. */
export function code(text: string): string {
  return text.includes('`') ? `\`\` ${text} \`\`` : `\`${text}\``;
}

/** A table. Cells may hold Markdown; bars and line breaks in them are made harmless. */
export function table(header: readonly string[], rows: ReadonlyArray<readonly string[]>): string {
  const line = (cells: readonly string[]) => `| ${cells.map(cellOf).join(' | ')} |`;
  return [line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n');
}

/** A page of sections under the mark that it is generated, with a line break at its end. */
export function page(...sections: readonly string[]): string {
  return `${[GENERATED, ...sections.filter((section) => section !== '')].join('\n\n')}\n`;
}

function cellOf(text: string): string {
  return text.replaceAll('|', '\\|').replace(/\s*\n\s*/g, ' ');
}
