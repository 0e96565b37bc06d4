import { isDeepStrictEqual } from 'node:util';
import {
  findNodeAtLocation,
  getNodeValue,
  type Node,
  type ParseError,
  parseTree,
  printParseErrorCode,
} from 'jsonc-parser';
import { HeadgateError } from '../../kernel/errors.ts';
import { insertMember, removeMember, replaceValue } from './edit-json.ts';

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
  const body = withoutMark(text);
  const [key, name] = path;
  const root = rootOf(body, path, file);
  if (root === undefined) return `${JSON.stringify({ [key]: { [name]: entry } }, null, 2)}\n`;
  const present = findNodeAtLocation(root, [...path]);
  const servers = findNodeAtLocation(root, [key]);
  const mark = body === text ? '' : BYTE_ORDER_MARK;
  if (present !== undefined) return mark + replaceValue(body, present, entry);
  if (servers !== undefined) return mark + insertMember(body, servers, name, entry);
  return mark + insertMember(body, root, key, { [name]: entry });
}

/** The text without the entry; everything else stays as it is. Errors: those of {@link entryOf}. */
export function withoutEntry(text: string, path: EntryPath, file: string): string {
  const body = withoutMark(text);
  const root = rootOf(body, path, file);
  const member = root === undefined ? undefined : findNodeAtLocation(root, [...path])?.parent;
  if (member === undefined) return text;
  return (body === text ? '' : BYTE_ORDER_MARK) + removeMember(body, member);
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

function withoutMark(text: string): string {
  return text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text;
}
