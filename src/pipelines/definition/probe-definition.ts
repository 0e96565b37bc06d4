import { HeadgateError } from '../../kernel/errors.ts';
import type { PipelinePlatforms } from '../../kernel/pipelines.ts';
import { noPython, type StepContext, stageStep, stageWhole } from '../run/stage-step.ts';
import { type Relation, Staging } from '../run/staging.ts';
import { type BoundSql, identifier, render, sql } from './bound-sql.ts';
import { probeValue } from './parameters.ts';
import type { Definition, Source } from './schema.ts';
import { orderSteps, type Step } from './steps.ts';

/** Platforms get so long to look at a definition. Milliseconds. */
const PROBE_MS = 15_000;
const PROBE_TIMES = { from: '2000-01-01T00:00:00.000Z', to: '2000-01-02T00:00:00.000Z' };

/** Who a definition is looked at for. */
export interface ProbeRequest {
  readonly tenant: string;
  readonly platforms: PipelinePlatforms;
  readonly signal: AbortSignal;
}

/**
 * Sees that the platforms of a definition are configured. Errors: `not_found` for a database, with the nearest names;
 * `failed_precondition` for an engine.
 */
export function requirePlatforms(definition: Definition, { tenant, platforms }: ProbeRequest): void {
  const { sources, transformations, destinations, engine } = definition;
  const engineOfFiles = engine === undefined || engine === 'database' ? null : engine;
  for (const place of [...sources, ...destinations]) {
    if (place.type === 'postgres') platforms.databases.find(tenant, place.database ?? null);
    else if (place.type === 'spark_table') platforms.engine(tenant, 'spark');
    else if (place.type === 'files') platforms.engine(tenant, engineOfFiles);
  }
  for (const { id, python, engine: own } of transformations) {
    if (python !== undefined) requirePython(id, tenant, platforms);
    if (own !== undefined) platforms.engine(tenant, own);
  }
}

function requirePython(step: string, tenant: string, platforms: PipelinePlatforms): void {
  try {
    platforms.engine(tenant, 'spark');
  } catch (error) {
    throw error instanceof HeadgateError ? noPython(step) : error;
  }
}

/** Runs a definition over no rows: what the platforms say of its tables, files and SQL, a sentence each. Nothing is written. */
export async function probeDefinition(definition: Definition, request: ProbeRequest): Promise<string[]> {
  const { tenant, platforms } = request;
  const signal = AbortSignal.any([request.signal, AbortSignal.timeout(PROBE_MS)]);
  const staging = new Staging({ tenant, platforms, signal });
  const parameters = Object.fromEntries(
    Object.entries(definition.parameters).map(([name, parameter]) => [name, probeValue(parameter)]),
  );
  const context: StepContext = { definition, parameters, times: PROBE_TIMES, staging, windows: [] };
  const order = orderSteps(definition);
  const warnings: string[] = [];
  const skipped = new Set<string>();
  try {
    for (const step of 'steps' in order ? order.steps : []) {
      if (step.kind === 'destination' || isPython(step)) skipped.add(step.id);
      if (skipped.has(step.id) || step.inputs.some((input) => skipped.has(input))) {
        skipped.add(step.id);
        continue;
      }
      const problem = await problemOf(step, context, request.signal);
      if (problem === null) continue;
      warnings.push(`${step.id}: ${problem}`);
      skipped.add(step.id);
    }
  } finally {
    await staging.close();
  }
  return warnings;
}

const isPython = (step: Step) => step.kind === 'transformation' && step.transformation.python !== undefined;

async function problemOf(step: Step, context: StepContext, caller: AbortSignal): Promise<string | null> {
  try {
    if (step.kind === 'source') await stageEmpty(step.source, context);
    else if (step.kind === 'transformation') await stageStep(step, context);
    const columns = await context.staging.columns(context.staging.relation(step.id));
    return missingColumn(
      step,
      columns.map(({ name }) => name),
    );
  } catch (error) {
    if (!(error instanceof HeadgateError) || caller.aborted) throw error;
    return error.message;
  }
}

function missingColumn(step: Step, columns: readonly string[]): string | null {
  const column = step.kind === 'source' ? step.source.incremental?.column : undefined;
  return column === undefined || columns.includes(column) ? null : `it has no column ${column} to go by`;
}

/** A source without its rows. */
async function stageEmpty(source: Source, context: StepContext): Promise<void> {
  const { staging } = context;
  // Under another name than its own, which the empty one gets.
  const whole = await stageWhole({ ...source, incremental: source.incremental ?? { column: '' } }, context);
  const empty = (table: BoundSql) => sql`select * from ${table} limit 0`;
  if (whole.in === 'database') {
    staging.keep(source.id, { ...whole, statement: empty(sql`(${whole.statement}) as q`) });
    return;
  }
  const { session, name } = whole;
  const { sql: text } = render(empty(identifier(name)), session.engine);
  await session.viewQuery(source.id, text, true, staging.options());
  const relation: Relation = { in: 'engine', session, name: source.id };
  staging.keep(source.id, relation);
}
