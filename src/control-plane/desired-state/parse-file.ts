import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  type YAMLError,
} from 'yaml';
import { HeadgateError } from '../../kernel/errors.ts';
import { nearest } from '../../kernel/nearest.ts';
import { oneLine } from '../../kernel/quote.ts';
import { type Problem, problemsError } from '../problem.ts';
import { KINDS, type Kind, type ObjectChange } from './desired-state.ts';
import { checkObject } from './kinds.ts';

/** 10,000 clusters and routes with 100,000 endpoints are some 10 MB. */
const MAX_FILE_BYTES = 16_777_216;
/** Times that one anchor's content may be used again, counted with what is in it: more is a bomb. */
const MAX_ALIASES = 1000;
/** Problems of YAML's grammar that are told: the later ones mostly follow from the first. */
const MAX_GRAMMAR_PROBLEMS = 20;

/**
 * The objects of a desired state in YAML or JSON: a map of kind to name to spec. All problems at once, each with its line and column and the
 * path of what is wrong. An empty text is an empty state.
 * Errors: `invalid_argument` with the problems in its details; `resource_exhausted` for a text of more than 16 MiB.
 */
export function parseDesiredState(yaml: string, file: string): { objects: ObjectChange[] } {
  const size = Buffer.byteLength(yaml);
  if (size > MAX_FILE_BYTES) {
    throw new HeadgateError('resource_exhausted', `${file} has ${size} bytes; ${MAX_FILE_BYTES} are read at most.`, {
      hint: 'Split what it says over several control planes, or let servers register themselves.',
    });
  }
  const lines = new LineCounter();
  const document = readDocument(yaml, file, lines);
  const where = (path: readonly (string | number)[]) => placeOf(document, path, lines, file);
  const content = contentOf(document, file);
  const problems: Problem[] = [];
  const objects: ObjectChange[] = [];
  for (const [kind, named] of sectionsOf(content, problems, where)) {
    for (const [name, spec] of Object.entries(named)) {
      const checked = checkObject(kind, name, spec);
      problems.push(...checked.problems.map((problem) => located(problem, kind, name, where)));
      if (checked.object !== null) objects.push({ kind, name, spec: checked.object.spec });
    }
  }
  if (problems.some(({ severity }) => severity === 'error')) throw problemsError(problems);
  return { objects };
}

type Where = (path: readonly (string | number)[]) => string;

function readDocument(yaml: string, file: string, lineCounter: LineCounter): Document.Parsed {
  try {
    const document = parseDocument(yaml, {
      lineCounter,
      prettyErrors: false,
      uniqueKeys: true,
      merge: true,
      stringKeys: true,
    });
    const found = [...document.errors, ...document.warnings];
    if (found.length > 0) throw problemsError(grammarProblems(found, lineCounter, file));
    return document;
  } catch (error) {
    if (error instanceof RangeError) throw tooDeep(file, error);
    throw error;
  }
}

function grammarProblems(found: readonly YAMLError[], lines: LineCounter, file: string): Problem[] {
  return found.slice(0, MAX_GRAMMAR_PROBLEMS).map(({ code, message, pos }) => {
    const { line, col } = lines.linePos(pos[0]);
    return {
      severity: 'error',
      rule: code === 'DUPLICATE_KEY' ? 'duplicate-key' : 'yaml',
      path: `${file}:${line}:${col}`,
      message: `${oneLine(message).slice(0, 300)}.`.replace(/\.\.$/, '.'),
      hint: 'Indent with spaces, and give each name once.',
    };
  });
}

function contentOf(document: Document.Parsed, file: string): unknown {
  try {
    return document.toJS({ maxAliasCount: MAX_ALIASES });
  } catch (error) {
    if (error instanceof RangeError) throw tooDeep(file, error);
    if (!(error instanceof ReferenceError)) throw unreadable(file, error);
    throw new HeadgateError('invalid_argument', `${file} uses its anchors too often: ${oneLine(error.message)}.`, {
      hint: `Write out what anchors repeat; ${MAX_ALIASES} uses are allowed.`,
      cause: error,
    });
  }
}

/** The `yaml` package throws plain errors for merges of what is no map. */
function unreadable(file: string, error: unknown): HeadgateError {
  const message = error instanceof Error ? oneLine(error.message).slice(0, 300) : 'it is no YAML';
  return new HeadgateError('invalid_argument', `${file}: ${message}.`, {
    hint: 'Merge maps only: `<<: *anchor`.',
    cause: error,
  });
}

function tooDeep(file: string, cause: RangeError): HeadgateError {
  return new HeadgateError('invalid_argument', `${file} is nested too deeply to be read.`, {
    hint: 'A desired state has a few levels: a kind, a name, a spec.',
    cause,
  });
}

function sectionsOf(content: unknown, problems: Problem[], where: Where): Array<[Kind, Record<string, unknown>]> {
  if (content === null || content === undefined) return [];
  if (!isRecord(content)) {
    problems.push(shapeProblem('(top level)', `must be a map of ${KINDS.join(', ')}`, where([])));
    return [];
  }
  return Object.entries(content).flatMap(([kind, named]): Array<[Kind, Record<string, unknown>]> => {
    const path = kind.slice(0, 200);
    if (!isKind(kind)) {
      const [meant] = nearest(kind, KINDS, 1);
      const guess = meant === undefined ? `known are ${KINDS.join(', ')}` : `did you mean "${meant}"?`;
      problems.push({ ...shapeProblem(path, `unknown kind; ${guess}`, where([kind])), rule: 'unknown-field' });
      return [];
    }
    if (named === null || named === undefined) return [];
    if (isRecord(named)) return [[kind, named]];
    problems.push(shapeProblem(path, 'must be a map of names', where([kind])));
    return [];
  });
}

function shapeProblem(path: string, message: string, place: string): Problem {
  return { severity: 'error', rule: 'value', path, message: `${message} (${place})` };
}

/** The problem with the place in the file of the innermost part of its path that is there. */
function located(problem: Problem, kind: Kind, name: string, where: Where): Problem {
  const below = problem.path.slice(`${kind}/${name.slice(0, 200)}`.length);
  const inner = [...below.matchAll(/\.([\w-]+)|\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]/g)].map(([, word, index, text]) =>
    index === undefined ? (word ?? String(JSON.parse(text ?? '""'))) : Number(index),
  );
  return { ...problem, message: `${problem.message} (${where([kind, name, ...inner])})` };
}

/** Line and column of the innermost part of a path that is there, in what an alias stands for if there is one on the way. */
function placeOf(
  document: Document.Parsed,
  path: readonly (string | number)[],
  lines: LineCounter,
  file: string,
): string {
  let node: unknown = document.contents;
  let offset = offsetOf(node) ?? 0;
  for (const part of path) {
    const child = childOf(isAlias(node) ? node.resolve(document) : node, part);
    const found = offsetOf(child?.key) ?? offsetOf(child?.node);
    if (child === undefined || found === undefined) break;
    offset = found;
    node = child.node;
  }
  const { line, col } = lines.linePos(offset);
  return `${file}:${line}:${col}`;
}

function childOf(node: unknown, part: string | number): { key?: unknown; node: unknown } | undefined {
  if (isSeq(node)) return { node: node.items[Number(part)] };
  if (!isMap(node)) return undefined;
  const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(part));
  return pair === undefined ? undefined : { key: pair.key, node: pair.value };
}

function offsetOf(node: unknown): number | undefined {
  return (node as Node | null | undefined)?.range?.[0];
}

function isKind(text: string): text is Kind {
  return (KINDS as readonly string[]).includes(text);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
