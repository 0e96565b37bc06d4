import { isIP } from 'node:net';
import { allOf, type Constraint, counted, type Rules } from './constraint.ts';

/** Of protoc-gen-validate: RFC 7230 names and values, and what is refused in them without `strict`. */
const HEADER_NAME = /^:?[0-9a-zA-Z!#$%&'*+\-.^_|~`]+$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what a header must not have.
const HEADER_VALUE = /^[^\x00-\x08\x0A-\x1F\x7F]*$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: these end a header, or a text in C.
const HEADER_LOOSE = /^[^\x00\x0A\x0D]*$/;
const HOSTNAME =
  /^(?=.{1,253}$)(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)*[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/;
const EMAIL = /^[^\s@<>]+@([^\s@<>]+)$/;
const UUID = /^[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$/;

/** Formats with a name, and what to call them. */
const FORMATS: Readonly<Record<string, readonly [(text: string) => boolean, string]>> = {
  email: [(text) => HOSTNAME.test(EMAIL.exec(text)?.[1] ?? ''), 'an e-mail address'],
  hostname: [(text) => HOSTNAME.test(text), 'a host name'],
  ip: [(text) => isIP(text) !== 0, 'an IP address'],
  ipv4: [(text) => isIP(text) === 4, 'an IPv4 address'],
  ipv6: [(text) => isIP(text) === 6, 'an IPv6 address'],
  uri: [(text) => URL.canParse(text), 'an absolute URI'],
  uri_ref: [(text) => URL.canParse(text, 'http://host/'), 'a URI'],
  address: [(text) => isIP(text) !== 0 || HOSTNAME.test(text), 'a host name or an IP address'],
  uuid: [(text) => UUID.test(text), 'a UUID'],
};

/** Constraints of text. What was given is never quoted: it can be a secret. */
export function textConstraint(rules: Rules): Constraint | null {
  return allOf([
    ...sizeConstraints(rules, '_len', 'len', 'character', (value) => codePoints(value as string)),
    ...sizeConstraints(rules, '_bytes', 'len_bytes', 'byte', (value) => Buffer.byteLength(value as string)),
    ...contentConstraints(
      rules,
      (value) => value as string,
      (json) => json as string,
    ),
    ...formatConstraints(rules),
  ]);
}

/** Constraints of bytes; text in the rules is base64. */
export function bytesConstraint(rules: Rules): Constraint | null {
  const binary = (value: unknown) => Buffer.from(value as Uint8Array).toString('latin1');
  return allOf([
    ...sizeConstraints(rules, '_len', 'len', 'byte', (value) => (value as Uint8Array).length),
    ...contentConstraints(rules, binary, (json) => Buffer.from(json as string, 'base64').toString('latin1')),
  ]);
}

function sizeConstraints(
  rules: Rules,
  suffix: '_len' | '_bytes',
  exactName: string,
  thing: string,
  measure: (value: unknown) => number,
): Constraint[] {
  const constraints: Constraint[] = [];
  const bound = (name: string) => (rules[name] === undefined ? undefined : Number(rules[name]));
  const least = bound(`min${suffix}`);
  const most = bound(`max${suffix}`);
  const exact = bound(exactName);
  if (exact !== undefined)
    constraints.push((value) => (measure(value) === exact ? null : `must be ${counted(exact, thing)} long`));
  if (least !== undefined)
    constraints.push((value) => (measure(value) >= least ? null : `must be at least ${counted(least, thing)} long`));
  if (most !== undefined)
    constraints.push((value) => (measure(value) <= most ? null : `must be at most ${counted(most, thing)} long`));
  return constraints;
}

function contentConstraints(
  rules: Rules,
  textOf: (value: unknown) => string,
  read: (json: unknown) => string,
): Constraint[] {
  const constraints: Constraint[] = [];
  const add = (name: string, holds: (text: string, wanted: string) => boolean, words: string) => {
    if (rules[name] === undefined) return;
    const wanted = read(rules[name]);
    constraints.push((value) => (holds(textOf(value), wanted) ? null : `must ${words} ${JSON.stringify(wanted)}`));
  };
  add('const', (text, wanted) => text === wanted, 'be');
  add('prefix', (text, wanted) => text.startsWith(wanted), 'begin with');
  add('suffix', (text, wanted) => text.endsWith(wanted), 'end with');
  add('contains', (text, wanted) => text.includes(wanted), 'contain');
  add('not_contains', (text, wanted) => !text.includes(wanted), 'not contain');
  if (typeof rules.pattern === 'string') constraints.push(patternConstraint(rules.pattern, textOf));
  constraints.push(...listConstraints(rules, textOf, read));
  return constraints;
}

function listConstraints(
  rules: Rules,
  textOf: (value: unknown) => string,
  read: (json: unknown) => string,
): Constraint[] {
  const constraints: Constraint[] = [];
  const listed = (name: string) => (Array.isArray(rules[name]) ? new Set(rules[name].map(read)) : undefined);
  const names = (set: Set<string>) => [...set].map((name) => JSON.stringify(name)).join(', ');
  const allowed = listed('in');
  const forbidden = listed('not_in');
  if (allowed !== undefined)
    constraints.push((value) => (allowed.has(textOf(value)) ? null : `must be one of ${names(allowed)}`));
  if (forbidden !== undefined)
    constraints.push((value) => (forbidden.has(textOf(value)) ? `must not be one of ${names(forbidden)}` : null));
  return constraints;
}

/** Patterns stand in Envoy's descriptors, not in what users give: none of them backtracks far. */
function patternConstraint(pattern: string, textOf: (value: unknown) => string): Constraint {
  const compiled = new RegExp(pattern, 'u');
  return (value) => (compiled.test(textOf(value)) ? null : `must match ${pattern}`);
}

function formatConstraints(rules: Rules): Constraint[] {
  const constraints: Constraint[] = Object.entries(FORMATS)
    .filter(([name]) => rules[name] === true)
    .map(
      ([, [holds, words]]): Constraint =>
        (value) =>
          holds(value as string) ? null : `must be ${words}`,
    );
  const header = headerFormat(rules);
  if (header !== null) {
    const [format, words] = header;
    constraints.push((value) => (format.test(value as string) ? null : `must be ${words}`));
  }
  return constraints;
}

function headerFormat(rules: Rules): readonly [RegExp, string] | null {
  const isName = rules.well_known_regex === 'HTTP_HEADER_NAME';
  if (!isName && rules.well_known_regex !== 'HTTP_HEADER_VALUE') return null;
  const words = isName ? 'the name of an HTTP header' : 'the value of an HTTP header';
  if (rules.strict === false) return [HEADER_LOOSE, words];
  return [isName ? HEADER_NAME : HEADER_VALUE, words];
}

function codePoints(text: string): number {
  let count = text.length;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit >= 0xd800 && unit <= 0xdbff) count--;
  }
  return count;
}
