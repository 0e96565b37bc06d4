import { createScanner, type Node } from 'jsonc-parser';

/** `SyntaxKind` of the parser is a const enum, which is gone at run time. */
const COMMA = 5;
const END = 17;

/**
 * Adds a member at the end of an object of `text`. Not one other byte changes but for a comma that is missing: comments
 * stay with what they are about, which jsonc-parser's own `modify` does not give.
 */
export function insertMember(text: string, object: Node, name: string, value: unknown): string {
  const brace = object.offset + object.length - 1;
  const last = object.children?.at(-1);
  const comma = last === undefined ? null : commaBetween(text, endOf(last), brace);
  const { unit, eol } = layoutOf(text);
  const outer = /^[ \t]*/.exec(text.slice(text.lastIndexOf('\n', object.offset) + 1))?.[0] ?? '';
  const inner = outer + unit;
  const member = `${JSON.stringify(name)}: ${JSON.stringify(value, null, unit).replaceAll('\n', `${eol}${inner}`)}`;
  const at = text.slice(0, brace).trimEnd().length;
  const separated =
    last === undefined || comma !== null ? text.slice(0, at) : splice(text.slice(0, at), endOf(last), endOf(last), ',');
  const closing = text.slice(at, brace).includes('\n') ? '' : eol + outer;
  return `${separated}${eol}${inner}${member}${comma === null ? '' : ','}${closing}${text.slice(at)}`;
}

/** Puts another value in a node's place. */
export function replaceValue(text: string, node: Node, value: unknown): string {
  const { unit, eol } = layoutOf(text);
  const indent = /^[ \t]*/.exec(text.slice(text.lastIndexOf('\n', node.offset) + 1))?.[0] ?? '';
  const written = JSON.stringify(value, null, unit).replaceAll('\n', `${eol}${indent}`);
  return splice(text, node.offset, endOf(node), written);
}

/** Takes a member, a node of type `property`, out of its object: with its line and one comma, and nothing else. */
export function removeMember(text: string, member: Node): string {
  const object = member.parent;
  const siblings = object?.children ?? [];
  if (object === undefined) return text;
  const index = siblings.indexOf(member);
  const [before, after] = [siblings[index - 1], siblings[index + 1]];
  const brace = object.offset + object.length - 1;
  const start = member.offset - (/(?:\r?\n)?[ \t]*$/.exec(text.slice(0, member.offset))?.[0].length ?? 0);
  const following = commaBetween(text, endOf(member), after?.offset ?? brace);
  if (following !== null) return splice(text, start, following + 1, '');
  if (before === undefined) {
    const rest = splice(text, start, endOf(member), '');
    const end = brace - (endOf(member) - start);
    const inside = rest.slice(object.offset + 1, end);
    return inside.trim() === '' ? splice(rest, object.offset + 1, end, '') : rest;
  }
  const preceding = commaBetween(text, endOf(before), member.offset);
  const rest = splice(text, start, endOf(member), '');
  return preceding === null ? rest : splice(rest, preceding, preceding + 1, '');
}

function endOf({ offset, length }: Node): number {
  return offset + length;
}

function splice(text: string, from: number, to: number, put: string): string {
  return text.slice(0, from) + put + text.slice(to);
}

/** Where the comma between two offsets is; null when there is none. A comma in a comment is none. */
function commaBetween(text: string, from: number, to: number): number | null {
  const scanner = createScanner(text.slice(from, to), true);
  for (let token: number = scanner.scan(); token !== END; token = scanner.scan()) {
    if (token === COMMA) return from + scanner.getTokenOffset();
  }
  return null;
}

/** The indentation and line ends that the file has. */
function layoutOf(text: string): { unit: string; eol: string } {
  return { unit: /^([ \t]+)\S/m.exec(text)?.[1] ?? '  ', eol: text.includes('\r\n') ? '\r\n' : '\n' };
}
