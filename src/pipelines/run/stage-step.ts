import { HeadgateError } from '../../kernel/errors.ts';
import type { PythonOutcome, SqlSession } from '../../kernel/sql-engine.ts';
import { type BoundSql, identifier, joined, render, sql } from '../definition/bound-sql.ts';
import { bindPath, bindSql, bindTable, type Parameters, type RunTimes } from '../definition/parameters.ts';
import type { Definition, Source } from '../definition/schema.ts';
import type { Step } from '../definition/steps.ts';
import type { SourceWindow } from './detail.ts';
import { readRows } from './read-rows.ts';
import type { EngineChoice, Relation, Staging } from './staging.ts';
import { windowCondition } from './windows.ts';

/** What the steps of one run are made of. */
export interface StepContext {
  readonly definition: Definition;
  readonly parameters: Parameters;
  readonly times: RunTimes;
  readonly staging: Staging;
  readonly windows: readonly SourceWindow[];
}

/** Rows that went into a step and came out of it; null where nobody counted them. */
export interface StepRows {
  readonly rowsIn: number | null;
  readonly rowsOut: number | null;
}

const UNCOUNTED: StepRows = { rowsIn: null, rowsOut: null };

/** The engine that a definition names for its SQL; null: the one that is configured. */
const engineOf = ({ engine }: Definition): EngineChoice =>
  engine === undefined || engine === 'database' ? null : engine;

/** Every row of a source, whatever its window. */
export async function stageWhole(source: Source, context: StepContext): Promise<Relation> {
  const { staging } = context;
  const name = source.incremental === undefined ? source.id : `${source.id}__all`;
  if (staging.has(name)) return staging.relation(name);
  const relation = await wholeOf(source, name, context);
  staging.keep(name, relation);
  return relation;
}

async function wholeOf(source: Source, name: string, context: StepContext): Promise<Relation> {
  const { staging, definition, parameters, times } = context;
  if (source.type === 'postgres') {
    const statement =
      source.query === undefined
        ? sql`select * from ${identifier(bindTable(source.table ?? '', parameters))}`
        : bindSql(source.query, definition, parameters, times);
    return { in: 'database', database: staging.database(source.database), statement };
  }
  if (source.type === 'files') {
    const session = await staging.session(engineOf(definition));
    const { format, options } = source;
    const path = bindPath(source.path, parameters, times);
    const files = { format, path, ...(options === undefined ? {} : { options }) };
    await staging.onSession(session, () => session.viewFiles(name, files, staging.options()));
    return { in: 'engine', session, name };
  }
  const session = await staging.session(source.type === 'spark_table' ? 'spark' : 'duckdb');
  await view(staging, session, name, sql`select * from ${identifier(bindTable(source.table, parameters))}`, false);
  return { in: 'engine', session, name };
}

/** Makes the rows of a source or a transformation ready for the steps that read them. Errors: those of the platform. */
export async function stageStep(step: Exclude<Step, { kind: 'destination' }>, context: StepContext): Promise<StepRows> {
  if (step.kind === 'source') return stageSource(step.source, context);
  const { python } = step.transformation;
  if (python !== undefined) return runPython(step, python, context);
  return stageSql(step, context);
}

async function stageSource(source: Source, context: StepContext): Promise<StepRows> {
  const { staging, windows } = context;
  const whole = await stageWhole(source, context);
  if (source.incremental === undefined) return UNCOUNTED;
  const window = windows.find((one) => one.source === source.id);
  if (window === undefined) throw new Error(`The source ${source.id} has no window.`);
  const condition = windowCondition(window);
  if (whole.in === 'database') {
    const statement = sql`select * from (${whole.statement}) as q where ${condition}`;
    staging.keep(source.id, { ...whole, statement });
    return UNCOUNTED;
  }
  const { session } = whole;
  await view(staging, session, source.id, sql`select * from ${identifier(whole.name)} where ${condition}`, true);
  const relation: Relation = { in: 'engine', session, name: source.id };
  staging.keep(source.id, relation);
  return { rowsIn: null, rowsOut: await countRows(staging, relation) };
}

type TransformationStep = Extract<Step, { kind: 'transformation' }>;

async function stageSql({ id, inputs, transformation }: TransformationStep, context: StepContext): Promise<StepRows> {
  const { staging, definition, parameters, times } = context;
  const statement = bindSql(transformation.sql ?? '', definition, parameters, times);
  const choice = transformation.engine ?? engineOf(definition);
  if (runsInDatabase(transformation.engine, inputs, context)) {
    staging.keep(id, composed(inputs, statement, staging));
    return UNCOUNTED;
  }
  const session = await staging.session(choice);
  const rowsIn = await bringAll(inputs, session, staging);
  await view(staging, session, id, statement, true);
  const relation: Relation = { in: 'engine', session, name: id };
  staging.keep(id, relation);
  return { rowsIn, rowsOut: await countRows(staging, relation) };
}

/** A transformation stays in the database of its inputs when the definition says so, or when there is no engine and one database has them all. */
function runsInDatabase(own: EngineChoice | undefined, inputs: readonly string[], context: StepContext): boolean {
  const { definition, staging } = context;
  const databases = inputs.map((input) => databaseOf(staging.relation(input)));
  const one = inputs.length > 0 && databases[0] !== null && databases.every((name) => name === databases[0]);
  if (definition.engine === 'database' && own === undefined) {
    if (one) return true;
    throw new HeadgateError('failed_precondition', `The steps ${inputs.join(', ')} are not in one database.`, {
      hint: 'Leave engine out, or set it to spark or duckdb.',
    });
  }
  return one && own === undefined && definition.engine === undefined && !staging.hasEngine(null);
}

const databaseOf = (relation: Relation) => (relation.in === 'database' ? relation.database.name : null);

/** A statement whose inputs stand before it as common table expressions: in two layers, so that a step may be called as its table is. */
function composed(inputs: readonly string[], statement: BoundSql, staging: Staging): Relation {
  const relations = inputs.map((input) => staging.relation(input)).filter((relation) => relation.in === 'database');
  const [first] = relations;
  if (first === undefined) throw new Error('A transformation in a database has no input there.');
  const outer = (input: string) => identifier(`in_${input}`);
  const named = inputs.map((input) => sql`${identifier(input)} as (select * from ${outer(input)})`);
  const parts = relations.map((relation, index) => sql`${outer(inputs[index] ?? '')} as (${relation.statement})`);
  const inner = sql`with ${joined(named, ', ')} select * from (${statement}) as q`;
  return { ...first, statement: sql`with ${joined(parts, ', ')} select * from (${inner}) as q` };
}

async function runPython({ id, inputs }: TransformationStep, code: string, context: StepContext): Promise<StepRows> {
  const { staging, parameters, times } = context;
  const session = await staging.session('spark');
  const rowsIn = await bringAll(inputs, session, staging);
  await staging.onSession(session, (): Promise<PythonOutcome> => {
    if (session.python === undefined) throw noPython(id);
    const given = JSON.stringify(JSON.stringify({ ...parameters, run: times }));
    const first = `import json as _json\nparams = _json.loads(${given})\n`;
    return session.python(`${first}${code}\nresult.createOrReplaceTempView("${id}")\n`, staging.options());
  });
  const relation: Relation = { in: 'engine', session, name: id };
  staging.keep(id, relation);
  return { rowsIn, rowsOut: await countRows(staging, relation) };
}

/** The error of a Python transformation where nothing runs Python. */
export function noPython(step: string): HeadgateError {
  return new HeadgateError('failed_precondition', `The transformation ${step} is Python, which nothing here runs.`, {
    hint: 'Configure Spark at spark.remote, or write it in SQL.',
  });
}

async function bringAll(inputs: readonly string[], session: SqlSession, staging: Staging): Promise<number | null> {
  let rows: number | null = null;
  for (const input of inputs) {
    const moved = await staging.bring(input, session);
    if (moved !== null) rows = (rows ?? 0) + moved;
  }
  return rows;
}

function view(staging: Staging, session: SqlSession, name: string, statement: BoundSql, keep: boolean): Promise<void> {
  const { sql: text, parameters } = render(statement, session.engine);
  return staging.onSession(session, () => session.viewQuery(name, text, keep, staging.options(parameters)));
}

async function countRows(staging: Staging, relation: Relation): Promise<number | null> {
  const rows = await staging.query(relation, (table) => sql`select count(*) as n from ${table}`);
  const [[count = null] = []] = await readRows(rows, 1);
  return count === null ? null : Number(count);
}
