import { z } from 'zod';
import { nearest } from '../../kernel/nearest.ts';
import type { Problem } from '../problem.ts';

/** Known names that a message lists. */
const MAX_LISTED = 30;

type Issue = z.core.$ZodIssue;
type Schema = z.core.$ZodType;

/**
 * What a schema holds against a value, as problems below `at`. An unknown field is a problem of its own, named with its path and the
 * nearest field that is known there. Of alternatives, those that come nearest to what was given speak.
 */
export function schemaProblems(schema: Schema, issues: readonly Issue[], at: string): Problem[] {
  const problems = issues.flatMap((issue) => problemsOf(schema, issue, at));
  return [...new Map(problems.map((problem) => [`${problem.path} ${problem.message}`, problem])).values()];
}

function problemsOf(schema: Schema, issue: Issue, at: string): Problem[] {
  const path = `${at}${pointer(issue.path)}`;
  if (issue.code === 'unrecognized_keys') return unknownFields(issue.keys, knownAt(schema, issue.path), path);
  if (issue.code === 'invalid_union') return alternatives(schema, issue, path);
  if (issue.code === 'invalid_key') {
    return [{ severity: 'error', rule: 'name', path, message: issue.issues.map(({ message }) => message).join('; ') }];
  }
  if (issue.code === 'invalid_value') return [unknownValue(issue, path)];
  const rule = issue.code === 'custom' ? String(issue.params?.rule ?? 'value') : 'value';
  return [{ severity: 'error', rule, path, message: plainMessage(issue) }];
}

/** Names of the types that a schema asks for. */
const TYPES: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
};

/** What a schema says itself, else what it means: those of the library are no sentences, and a message for a type is given for its limits too. */
function plainMessage(issue: Issue): string {
  const { code, message } = issue;
  if (code === 'invalid_type' && message.startsWith('Invalid input')) {
    const missing = issue.input === undefined && message.endsWith('received undefined');
    return `must be ${TYPES[issue.expected] ?? issue.expected}${missing ? ', and is missing' : ''}`;
  }
  const ofAnother = message === 'must be a whole number';
  if (code === 'too_big' && (ofAnother || message.startsWith('Too big')))
    return limit(issue.origin, issue.maximum, 'at most');
  if (code === 'too_small' && (ofAnother || message.startsWith('Too small')))
    return limit(issue.origin, issue.minimum, 'or more');
  return message;
}

function limit(origin: string, count: number | bigint, which: string): string {
  if (origin === 'string') return `must be ${count} characters ${which}`;
  return origin === 'array' ? `must have ${count} items ${which}` : `must be ${count} ${which}`;
}

function unknownFields(keys: readonly string[], known: readonly string[], path: string): Problem[] {
  return keys.map((key) => {
    const meant = meantField(key, known);
    const message =
      meant === undefined ? `unknown field; known are ${listed(known)}` : `unknown field; did you mean "${meant}"?`;
    return { severity: 'error', rule: 'unknown-field', path: `${path}${pointer([key])}`, message };
  });
}

/** The shortest field that has the name in it, as `endpoints` has `endpoint`, else the one that differs least. */
function meantField(key: string, known: readonly string[]): string | undefined {
  const containing = known.filter((name) => key !== '' && name.includes(key));
  const [shortest] = containing.sort((one, other) => one.length - other.length);
  return shortest ?? nearest(key, known, 1)[0];
}

function unknownValue(issue: Extract<Issue, { code: 'invalid_value' }>, path: string): Problem {
  const values = issue.values.map(String);
  const [meant] = typeof issue.input === 'string' ? nearest(issue.input, values, 1) : [];
  const guess = meant === undefined ? '' : `; did you mean "${meant}"?`;
  const message = values.length === 1 ? `must be ${values[0]}` : `must be one of ${listed(values)}${guess}`;
  return { severity: 'error', rule: 'value', path, message };
}

/** Of the alternatives those count that take the type of what was given; when none does, the union's own message. */
function alternatives(schema: Schema, issue: Extract<Issue, { code: 'invalid_union' }>, path: string): Problem[] {
  const options = optionsAt(schema, issue.path);
  const fitting = issue.errors
    .map((issues, index) => ({ issues, option: options[index] }))
    .filter(({ issues }) => !issues.some(isOfAnotherType));
  const [best] = fitting.sort((one, other) => one.issues.length - other.issues.length);
  if (best?.option === undefined) return [{ severity: 'error', rule: 'value', path, message: issue.message }];
  return schemaProblems(best.option, best.issues, path);
}

function isOfAnotherType(issue: Issue): boolean {
  return issue.path.length === 0 && (issue.code === 'invalid_type' || issue.code === 'invalid_value');
}

/** `.endpoints[0].port`; keys that are no plain words in quotes. */
function pointer(path: readonly PropertyKey[]): string {
  return path
    .map((part) => {
      if (typeof part === 'number') return `[${part}]`;
      const name = String(part);
      return /^[A-Za-z_][\w-]*$/.test(name) ? `.${name}` : `[${JSON.stringify(name.slice(0, 200))}]`;
    })
    .join('');
}

function listed(names: readonly string[]): string {
  const more = names.length > MAX_LISTED ? `, and ${names.length - MAX_LISTED} more` : '';
  return `${names.slice(0, MAX_LISTED).join(', ')}${more}`;
}

function knownAt(schema: Schema, path: readonly PropertyKey[]): string[] {
  return schemasAt(schema, path).flatMap((found) => (found instanceof z.ZodObject ? Object.keys(found.shape) : []));
}

function optionsAt(schema: Schema, path: readonly PropertyKey[]): readonly Schema[] {
  return schemasAt(schema, path, false).flatMap((found) => (found instanceof z.ZodUnion ? [...found.options] : []));
}

/** The schemas that can stand at a path: several where there are alternatives on the way. */
function schemasAt(schema: Schema, path: readonly PropertyKey[], throughUnion = true): Schema[] {
  const bare = unwrapped(schema);
  if (bare instanceof z.ZodUnion && (path.length > 0 || throughUnion)) {
    return bare.options.flatMap((option: Schema) => schemasAt(option, path, throughUnion));
  }
  const [part, ...rest] = path;
  if (part === undefined) return [bare];
  const inner = childOf(bare, part);
  return inner === undefined ? [] : schemasAt(inner, rest, throughUnion);
}

function childOf(schema: Schema, part: PropertyKey): Schema | undefined {
  if (schema instanceof z.ZodObject) return schema.shape[String(part)] as Schema | undefined;
  if (schema instanceof z.ZodArray) return schema.element as Schema;
  if (schema instanceof z.ZodRecord) return schema.valueType as Schema;
  return undefined;
}

function unwrapped(schema: Schema): Schema {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable) return unwrapped(schema.unwrap() as Schema);
  if (schema instanceof z.ZodDefault) return unwrapped(schema.removeDefault() as Schema);
  if (schema instanceof z.ZodPrefault) return unwrapped(schema.unwrap() as Schema);
  if (schema instanceof z.ZodPipe) return unwrapped(schema.in as Schema);
  if (schema instanceof z.ZodLazy) return unwrapped(schema.unwrap() as Schema);
  return schema;
}
