import { isDeepStrictEqual } from 'node:util';
import {
  applyEdits,
  type FormattingOptions,
  findNodeAtLocation,
  getNodeValue,
  modify,
  type Node,
  type ParseError,
  parseTree,
  printParseErrorCode,
} from 'jsonc-parser';
import { HeadgateError } from '../../kernel/errors.ts';

/** Where an entry stands in a client's file: `mcpServers` ▸ `headgate`. */
export type EntryPath = readonly [key: string, name: string];

const BYTE_ORDER_MARK = '\uFEFF';

/**
 * The entry at `path`; undefined when there is none. `text` may hold comments and trailing commas.
 * Errors: `failed_precondition` when it is no JSON, or holds something else than servers where servers belong.
 */
export function entryOf(text: string, path: EntryPath, file: string): unknown {
  const root = rootOf(withoutMark(text), path, file);
  const node = root === undefined ? undefined : findNodeAtLocation(root, [...path]);
  return node === undefined ? undefined : plainValue(node);
}

/** The text with the entry in it; everything else, comments included, stays as it is. The same text when it is there already. Errors: those of {@link entryOf}. */
export function withEntry(text: string, path: EntryPath, entry: unknown, file: string): string {
  if (isDeepStrictEqual(entryOf(text, path, file), entry)) return text;
  if (withoutMark(text).trim() === '') return `${JSON.stringify({ [path[0]]: { [path[1]]: entry } }, null, 2)}\n`;
  return edited(text, path, entry);
}

/** The text without the entry; everything else stays as it is. Errors: those of {@link entryOf}. */
export function withoutEntry(text: string, path: EntryPath, file: string): string {
  return entryOf(text, path, file) === undefined ? text : edited(text, path, undefined);
}

/** True when nothing but an empty list of servers is left: what remains of a file that held our entry alone. */
export function isBare(text: string, [key]: EntryPath): boolean {
  const root = parseTree(withoutMark(text));
  return root === undefined || isDeepStrictEqual(plainValue(root), { [key]: {} });
}

/** The value as `JSON.parse` gives it: the parser's objects have no prototype. */
function plainValue(node: Node): unknown {
  return structuredClone(getNodeValue(node));
}

function edited(text: string, path: EntryPath, value: unknown): string {
  const body = withoutMark(text);
  const changed = applyEdits(body, modify(body, [...path], value, { formattingOptions: formattingOf(body) }));
  return text === body ? changed : BYTE_ORDER_MARK + changed;
}

function rootOf(text: string, [key]: EntryPath, file: string): Node | undefined {
  const errors: ParseError[] = [];
  const root = parseTree(text, errors, { allowTrailingComma: true });
  const [error] = errors;
  if (text.trim() === '') return undefined;
  if (error !== undefined) {
    const line = text.slice(0, error.offset).split('\n').length;
    throw refused(
      `${file}, line ${line}, is no valid JSON (${printParseErrorCode(error.error)}).`,
      'Correct this line',
    );
  }
  const servers = root === undefined ? undefined : findNodeAtLocation(root, [key]);
  const isObject = root?.type === 'object' && (servers === undefined || servers.type === 'object');
  if (!isObject) throw refused(`${file} has no object with "${key}" as an object in it.`, 'Correct the file');
  return root;
}

function refused(message: string, what: string): HeadgateError {
  return new HeadgateError('failed_precondition', message, {
    hint: `${what}, then run the command again. The file was not changed.`,
  });
}

/** The indentation and line ends that the file has. */
function formattingOf(text: string): FormattingOptions {
  const indent = /^([ \t]+)\S/m.exec(text)?.[1] ?? '  ';
  const eol = text.includes('\r\n') ? '\r\n' : '\n';
  return { insertSpaces: !indent.startsWith('\t'), tabSize: indent.startsWith('\t') ? 1 : indent.length, eol };
}

function withoutMark(text: string): string {
  return text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text;
}
