import { styleText } from 'node:util';
import { printable } from './printable.ts';

/** How a report is printed. */
export interface RenderOptions {
  readonly color: boolean;
  /** Characters a line. */
  readonly width: number;
  /** True to show minor findings too. */
  readonly all?: boolean;
}

type Style = Parameters<typeof styleText>[0];

/** Makes text safe for a terminal and, where colour is wanted, styles it. */
export type Paint = (text: string, style?: Style) => string;

/** A painter for these options. Text passes `printable` first, so only our own escape sequences reach the terminal. */
export function painterFor(options: RenderOptions): Paint {
  return (text, style) => {
    const safe = printable(text);
    return options.color && style !== undefined && safe !== ''
      ? styleText(style, safe, { validateStream: false })
      : safe;
  };
}
