import { nearest } from '../../kernel/nearest.ts';
import { describeScheduleProblem } from '../schedule/moments.ts';
import { placeholdersIn, problemOf, RUN_PARAMETERS } from './parameters.ts';
import type { Check, Definition, Destination, GivenDefinition, Source, Transformation } from './schema.ts';
import { readSql } from './sql-text.ts';
import { orderSteps } from './steps.ts';

/** One thing that is wrong in a definition. */
export interface Problem {
  /** `transformations[1].sql`. */
  readonly path: string;
  readonly message: string;
  /** Names that were probably meant. */
  readonly nearest?: readonly string[];
}

/** Everything that is wrong in a definition and can be seen without a platform. `given` is as it was written. */
export function findProblems(definition: Definition, given: GivenDefinition): Problem[] {
  const places = destinationPlaces(given);
  const found = [
    ...nameProblems(definition),
    ...Object.entries(definition.parameters).flatMap(([name, { type, default: value }]) => {
      const problem = value === undefined ? null : problemOf(type, value);
      return problem === null ? [] : [{ path: `parameters.${name}.default`, message: problem }];
    }),
    ...definition.sources.flatMap((source, index) => sourceProblems(source, `sources[${index}]`, definition)),
    ...definition.transformations.flatMap((transformation, index) =>
      transformationProblems(transformation, `transformations[${index}]`, definition),
    ),
    ...definition.checks.flatMap((check, index) => checkProblems(check, `checks[${index}]`, definition)),
    ...definition.destinations.flatMap((destination, index) =>
      destinationProblems(destination, places[index] ?? 'destination', definition),
    ),
    ...runProblems(definition),
  ];
  const order = orderSteps(definition);
  if ('cycle' in order) found.push({ path: 'transformations', message: `${order.cycle.join(' reads ')}: a cycle` });
  return found;
}

function destinationPlaces({ destination, destinations = [] }: GivenDefinition): string[] {
  return [
    ...(destination === undefined ? [] : ['destination']),
    ...destinations.map((_, index) => `destinations[${index}]`),
  ];
}

const stepNames = ({ sources, transformations }: Definition) => [...sources, ...transformations].map(({ id }) => id);

function nameProblems(definition: Definition): Problem[] {
  const { sources, transformations, destinations } = definition;
  const names = [...sources, ...transformations, ...destinations].map(({ id }) => id.toLowerCase());
  const twice = [...new Set(names.filter((name, index) => names.indexOf(name) !== index))];
  const problems = twice.map((name) => ({ path: 'id', message: `two steps are called ${name}` }));
  if (destinations.length === 0) problems.push({ path: 'destination', message: 'there is none' });
  return problems;
}

function runProblems({ schedule, concurrency, sources }: Definition): Problem[] {
  const problems: Problem[] = [];
  const wrong = schedule === undefined ? null : describeScheduleProblem(schedule);
  if (wrong !== null) problems.push({ path: `schedule.${wrong.key}`, message: wrong.message });
  if (concurrency > 1 && sources.some(({ incremental }) => incremental !== undefined)) {
    problems.push({ path: 'concurrency', message: 'an incremental source allows one run at a time' });
  }
  return problems;
}

function sourceProblems(source: Source, path: string, definition: Definition): Problem[] {
  const problems: Problem[] = [];
  if (source.type === 'postgres') {
    const { table, query } = source;
    if ((table === undefined) === (query === undefined))
      problems.push({ path, message: 'table or query is needed, one of them' });
    if (query !== undefined) problems.push(...sqlProblems(query, `${path}.query`, definition));
  }
  if (source.type === 'files') problems.push(...textProblems(source.path, `${path}.path`, definition));
  if (source.type !== 'files' && source.table !== undefined)
    problems.push(...tableProblems(source.table, `${path}.table`, definition));
  return problems;
}

function transformationProblems(transformation: Transformation, path: string, definition: Definition): Problem[] {
  const { id, sql, python, inputs, engine } = transformation;
  const names = stepNames(definition);
  const others = names.filter((name) => name !== id);
  const problems: Problem[] = [];
  if ((sql === undefined) === (python === undefined))
    problems.push({ path, message: 'sql or python is needed, one of them' });
  for (const input of inputs ?? [])
    if (!others.includes(input)) problems.push(unknownStep(`${path}.inputs`, input, others));
  if (sql !== undefined) {
    problems.push(...sqlProblems(sql, `${path}.sql`, definition));
    for (const table of readSql(sql).tables)
      if (!others.includes(table)) problems.push(unknownStep(`${path}.sql`, table, others));
  }
  if (python !== undefined) problems.push(...pythonProblems(python, engine ?? definition.engine, `${path}.python`));
  return problems;
}

function pythonProblems(python: string, engine: Definition['engine'], path: string): Problem[] {
  const problems: Problem[] = [];
  if (engine !== undefined && engine !== 'spark') {
    problems.push({ path, message: 'Python runs on Spark alone: set engine to spark' });
  }
  if (placeholdersIn(python).length > 0) {
    problems.push({ path, message: 'Python reads parameters from params, not from placeholders' });
  }
  return problems;
}

function checkProblems(check: Check, path: string, definition: Definition): Problem[] {
  const names = stepNames(definition);
  const problems: Problem[] = [];
  if (!names.includes(check.on)) problems.push(unknownStep(`${path}.on`, check.on, names));
  if ((check.type === 'range' || check.type === 'row_count') && check.min === undefined && check.max === undefined) {
    problems.push({ path, message: 'min or max is needed' });
  }
  if (
    check.type === 'range' &&
    typeof check.min !== 'undefined' &&
    typeof check.max !== 'undefined' &&
    typeof check.min !== typeof check.max
  ) {
    problems.push({ path, message: 'min and max are both numbers or both texts' });
  }
  return problems;
}

function destinationProblems(destination: Destination, path: string, definition: Definition): Problem[] {
  const names = stepNames(definition);
  const problems: Problem[] = [];
  if (!names.includes(destination.from)) problems.push(unknownStep(`${path}.from`, destination.from, names));
  if (destination.type === 'files') {
    problems.push(...textProblems(destination.path, `${path}.path`, definition));
    if (destination.mode === 'upsert')
      problems.push({ path: `${path}.mode`, message: 'files have no keys: append or replace' });
    return problems;
  }
  problems.push(...tableProblems(destination.table, `${path}.table`, definition));
  if (destination.mode === 'upsert' && destination.keys.length === 0)
    problems.push({ path: `${path}.keys`, message: 'upsert needs keys' });
  return problems;
}

function sqlProblems(sql: string, path: string, definition: Definition): Problem[] {
  const { parts, problems } = readSql(sql);
  const names = parts.flatMap((part) => (part.kind === 'placeholder' ? [part.name] : []));
  return [
    ...problems.map((message) => ({ path, message })),
    ...names.flatMap((name) => parameterProblem(name, path, definition)),
  ];
}

function textProblems(text: string, path: string, definition: Definition): Problem[] {
  const problems = placeholdersIn(text).flatMap((name) => parameterProblem(name, path, definition));
  if (/(?:^|[\\/])\.\.(?:[\\/]|$)/.test(text)) problems.push({ path, message: 'a path goes down only: no ..' });
  return problems;
}

function tableProblems(table: string, path: string, definition: Definition): Problem[] {
  return placeholdersIn(table).flatMap((name) => {
    const type = definition.parameters[name]?.type;
    if (type === undefined || type === 'identifier') return parameterProblem(name, path, definition);
    return [{ path, message: `the parameter ${name} has to be of the type identifier` }];
  });
}

function parameterProblem(name: string, path: string, { parameters }: Definition): Problem[] {
  const known = [...Object.keys(parameters), ...RUN_PARAMETERS];
  if (known.includes(name)) return [];
  return [{ path, message: `unknown parameter ${name}`, nearest: nearest(name, known) }];
}

function unknownStep(path: string, name: string, known: readonly string[]): Problem {
  const meant = nearest(name, known);
  const offer = meant.length > 0 ? `; did you mean ${meant.join(', ')}?` : '; name a table as a source';
  return { path, message: `there is no step ${name}${offer}`, nearest: meant };
}
