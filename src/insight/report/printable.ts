/** Characters that a terminal acts on or that reorder text: controls (C0, C1), formats (zero width, direction), line and paragraph separators. */
const ACTIVE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu;

/** Text of a log made safe for a terminal: one line, nothing that a terminal acts on. */
export function printable(text: string): string {
  return text.replace(ACTIVE, ' ').replace(/ {2,}/g, ' ').trim();
}

/** Cut to a width in characters, with an ellipsis; a quotation that is open at the cut is closed. */
export function clipText(text: string, width: number): string {
  if (text.length <= width) return text;
  const kept = text.slice(0, Math.max(0, width - 1)).trimEnd();
  if (kept.lastIndexOf('«') <= kept.lastIndexOf('»')) return `${kept}…`;
  return `${text.slice(0, Math.max(0, width - 2)).trimEnd()}…»`;
}

/** Lines of at most `width` characters, broken at spaces where there are any. At least one line. */
export function wrapText(text: string, width: number): string[] {
  const room = Math.max(10, width);
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > room) {
      lines.push(line);
      line = '';
    }
    line = line === '' ? word : `${line} ${word}`;
    while (line.length > room) {
      lines.push(line.slice(0, room));
      line = line.slice(room);
    }
  }
  return [...lines, line];
}
