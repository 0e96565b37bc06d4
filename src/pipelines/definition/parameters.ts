import { HeadgateError } from '../../kernel/errors.ts';
import { nearest } from '../../kernel/nearest.ts';
import { type BoundSql, type BoundValue, bound, identifier } from './bound-sql.ts';
import type { Definition, Parameter, ParameterType, ParameterValue } from './schema.ts';
import { readSql } from './sql-text.ts';

/** What a run knows of its time beside its parameters. RFC 3339 UTC; null where the run has none. */
export interface RunTimes {
  readonly from: string | null;
  readonly to: string | null;
}

/** Parameters of a run, complete. */
export type Parameters = Readonly<Record<string, ParameterValue>>;

/** Names that every definition knows. */
export const RUN_PARAMETERS = ['run.from', 'run.to', 'run.date'] as const;

const SAFE_IDENTIFIER = /^[A-Za-z_][\w$]{0,62}(?:\.[A-Za-z_][\w$]{0,62}){0,2}$/;
/** What of a value may stand in a path: no separators, so that it stays in its folder. */
const SAFE_SEGMENT = /^(?!\.)[\w.=:+-]{1,200}$/;

/** The parameters of a run: what was given over the defaults. Errors: `invalid_argument`. */
export function completeParameters(
  definition: Pick<Definition, 'parameters'>,
  given: Readonly<Record<string, unknown>>,
): Parameters {
  const known = Object.keys(definition.parameters);
  for (const name of Object.keys(given)) {
    if (known.includes(name)) continue;
    throw new HeadgateError('invalid_argument', `The pipeline has no parameter ${JSON.stringify(name)}.`, {
      hint: known.length === 0 ? 'It has none.' : `It has ${known.join(', ')}.`,
      details: { nearest: nearest(name, known) },
    });
  }
  return Object.fromEntries(
    Object.entries(definition.parameters).map(([name, parameter]) => {
      const value = given[name] ?? parameter.default;
      if (value === undefined) {
        throw new HeadgateError('invalid_argument', `The parameter ${name} has no default: give it a value.`);
      }
      const problem = problemOf(parameter.type, value);
      if (problem === null) return [name, value as ParameterValue];
      throw new HeadgateError('invalid_argument', `The parameter ${name} is no ${parameter.type}: ${problem}.`);
    }),
  );
}

/** What a value of each type has to be. */
const TYPES: Readonly<Record<ParameterType, { readonly fits: (value: unknown) => boolean; readonly needed: string }>> =
  {
    integer: { fits: Number.isSafeInteger, needed: 'a whole number is needed' },
    number: { fits: Number.isFinite, needed: 'a finite number is needed' },
    boolean: { fits: (value) => typeof value === 'boolean', needed: 'true or false is needed' },
    date: { fits: (value) => isTime(value, /^\d{4}-\d\d-\d\d$/), needed: 'YYYY-MM-DD is needed' },
    timestamp: { fits: (value) => isTime(value, /^\d{4}-\d\d-\d\d[T ]/), needed: 'RFC 3339 is needed' },
    identifier: {
      fits: (value) => typeof value === 'string' && SAFE_IDENTIFIER.test(value),
      needed: 'table, schema.table or a column is needed, without quotes',
    },
    string: { fits: (value) => typeof value === 'string', needed: 'text is needed' },
  };

function isTime(value: unknown, form: RegExp): boolean {
  return typeof value === 'string' && form.test(value) && !Number.isNaN(Date.parse(value));
}

/** Why a value is not of a type; null: it is. */
export function problemOf(type: ParameterType, value: unknown): string | null {
  return TYPES[type].fits(value) ? null : TYPES[type].needed;
}

/** SQL of a definition with its placeholders as bound values or checked names. Errors: `failed_precondition` where a run has no such time. */
export function bindSql(
  source: string,
  definition: Pick<Definition, 'parameters'>,
  parameters: Parameters,
  times: RunTimes,
): BoundSql {
  return readSql(source).parts.flatMap((part): BoundSql => {
    if (part.kind === 'text') return [part.text];
    const time = timeOf(part.name, times);
    if (time !== null) return bound(time.value, time.type);
    const type = definition.parameters[part.name]?.type ?? 'string';
    const value = parameters[part.name] ?? null;
    return type === 'identifier' ? identifier(String(value)) : bound(value, type);
  });
}

/** A table's name, from a parameter where it is a placeholder. */
export function bindTable(table: string, parameters: Parameters): string {
  const name = /^\{\{\s*(\w+)\s*\}\}$/.exec(table)?.[1];
  return name === undefined ? table : String(parameters[name]);
}

/** A path with values in it that cannot leave their folder. Errors: `invalid_argument`. */
export function bindPath(path: string, parameters: Parameters, times: RunTimes): string {
  return path.replace(/\{\{\s*([\w.]+)\s*\}\}/g, (_whole, name: string) => {
    const value = String(timeOf(name, times)?.value ?? parameters[name] ?? '');
    if (SAFE_SEGMENT.test(value) && !value.includes('..')) return value;
    throw new HeadgateError('invalid_argument', `The value of ${name} cannot stand in a path.`, {
      hint: 'Letters, digits and _ . = : + - are allowed there, no separators.',
    });
  });
}

/** Placeholders of a text that is no SQL. */
export function placeholdersIn(text: string): string[] {
  return [...text.matchAll(/\{\{\s*([\w.]*)\s*\}\}/g)].map(([, name = '']) => name);
}

function timeOf(name: string, { from, to }: RunTimes): BoundValue | null {
  if (name === 'run.from') return { value: required(name, from), type: 'timestamp' };
  if (name === 'run.to') return { value: required(name, to), type: 'timestamp' };
  if (name === 'run.date') return { value: required(name, from).slice(0, 10), type: 'date' };
  return null;
}

function required(name: string, value: string | null): string {
  if (value !== null) return value;
  throw new HeadgateError('failed_precondition', `The pipeline uses {{ ${name} }}, and this run has no dates.`, {
    hint: 'Give from and to to execute_pipeline, or a schedule to the pipeline.',
  });
}

/** A value of each type for looking at a definition before it ever ran. */
export function probeValue({ type, default: given }: Parameter): ParameterValue {
  if (given !== undefined) return given;
  const values = {
    string: '',
    integer: 0,
    number: 0,
    boolean: false,
    date: '2000-01-01',
    timestamp: '2000-01-01T00:00:00Z',
    identifier: 'unknown',
  };
  return values[type];
}
