import { HeadgateError } from '../../../kernel/errors.ts';

/** A name of one part as SQL takes it. */
export function quoteName(name: string): string {
  if (name === '' || name.length > 255 || name.includes('\0')) {
    throw new HeadgateError('invalid_argument', 'A name has 1 to 255 characters, none of them zero.');
  }
  return `\`${name.replaceAll('`', '``')}\``;
}

/** A name of up to three parts, `catalog.schema.table`; parts in backticks may hold dots. */
export function quotePath(path: string): string {
  const parts = path.match(/`(?:[^`]|``)+`|[^.`]+/g) ?? [];
  if (parts.length === 0 || parts.length > 3 || parts.join('.') !== path) {
    throw new HeadgateError('invalid_argument', `${JSON.stringify(path.slice(0, 300))} is no name of a table.`);
  }
  return parts.map((part) => (part.startsWith('`') ? part : quoteName(part))).join('.');
}

/** A text as SQL takes it. */
export function quoteText(text: string): string {
  return `'${text
    .replace(/[\\']/g, (found) => `\\${found}`)
    .replaceAll('\n', '\\n')
    .replaceAll('\r', '\\r')}'`;
}

/** `(key value, …)` of a data source; nothing when there is none. */
export function optionsClause(options: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(options).map(([key, value]) => `${quoteText(key)} ${quoteText(value)}`);
  return pairs.length === 0 ? '' : ` OPTIONS (${pairs.join(', ')})`;
}

/** The name of a data source. */
export function formatName(format: string): string {
  if (/^[A-Za-z][\w.-]{0,100}$/.test(format)) return /[.-]/.test(format) ? `\`${format}\`` : format;
  throw new HeadgateError('invalid_argument', `${JSON.stringify(format.slice(0, 100))} is no format of files.`, {
    hint: 'Use parquet, csv, json or orc.',
  });
}
