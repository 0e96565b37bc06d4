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

/** True when the text has a list of servers already. Errors: those of {@link entryOf}. */
export function hasServers(text: string, path: EntryPath, file: string): boolean {
  const root = rootOf(withoutMark(text), path, file);
  return root !== undefined && findNodeAtLocation(root, [path[0]]) !== undefined;
}

/**
 * The text without the entry, and without the list of servers when `listToo` and nothing else is in it; everything else
 * stays as it is. Errors: those of {@link entryOf}.
 */
export function withoutEntry(text: string, path: EntryPath, file: string, listToo = false): string {
  const body = withoutMark(text);
  const mark = body === text ? '' : BYTE_ORDER_MARK;
  const rest = withoutMember(body, path, path, file);
  if (rest === null) return text;
  const isEmpty = listToo && listIsEmpty(rest, path);
  return mark + ((isEmpty ? withoutMember(rest, [path[0]], path, file) : null) ?? rest);
}

/** The text without what is at `location`; null when there is nothing. */
function withoutMember(text: string, location: readonly string[], path: EntryPath, file: string): string | null {
  const root = rootOf(text, path, file);
  const member = root === undefined ? undefined : findNodeAtLocation(root, [...location])?.parent;
  return member === undefined ? null : removeMember(text, member);
}

/** Also without a comment in it: that is somebody's. */
function listIsEmpty(text: string, [key]: EntryPath): boolean {
  const root = parseTree(text, [], { allowTrailingComma: true });
  const list = root === undefined ? undefined : findNodeAtLocation(root, [key]);
  return list !== undefined && /^\{\s*\}$/.test(text.slice(list.offset, list.offset + list.length));
}

/** True when nothing, or an empty list of servers, is left: what remains of a file that held our entry alone. */
export function isBare(text: string, [key]: EntryPath): boolean {
  const root = parseTree(withoutMark(text));
  if (root === undefined) return true;
  const rest = plainValue(root);
  return isDeepStrictEqual(rest, {}) || isDeepStrictEqual(rest, { [key]: {} });
}

/** The value as `JSON.parse` gives it: the parser's objects have no prototype. */
function plainValue(node: Node): unknown {
  return structuredClone(getNodeValue(node));
}

function rootOf(text: string, [key, name]: EntryPath, file: string): Node | undefined {
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
  refuseTwice(root, key, file);
  refuseTwice(servers, name, file);
  return root;
}

/** Of two members of one name the client reads the last, the parser here the first. */
function refuseTwice(object: Node | undefined, name: string, file: string): void {
  const members = object?.children?.filter(({ children }) => children?.[0]?.value === name) ?? [];
  if (members.length > 1)
    throw refused(`${file} has "${name}" ${members.length} times in one object.`, 'Leave one of them');
}

function refused(message: string, what: string): HeadgateError {
  return new HeadgateError('failed_precondition', message, {
    hint: `${what}, then run the command again. The file was not changed.`,
  });
}

function withoutMark(text: string): string {
  return text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text;
}
