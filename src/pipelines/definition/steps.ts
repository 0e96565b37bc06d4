import type { Definition, Destination, Source, Transformation } from './schema.ts';
import { readSql } from './sql-text.ts';

/** A step in the order in which steps run. */
export type Step =
  | { readonly kind: 'source'; readonly id: string; readonly inputs: readonly string[]; readonly source: Source }
  | {
      readonly kind: 'transformation';
      readonly id: string;
      readonly inputs: readonly string[];
      readonly transformation: Transformation;
    }
  | {
      readonly kind: 'destination';
      readonly id: string;
      readonly inputs: readonly string[];
      readonly destination: Destination;
    };

/** Steps that a transformation reads: those that it names, else those whose names stand in its code. */
export function inputsOf({ id, sql, python, inputs }: Transformation, known: ReadonlySet<string>): string[] {
  if (inputs !== undefined) return inputs;
  const words = sql === undefined ? new Set((python ?? '').match(/[A-Za-z_]\w*/g) ?? []) : readSql(sql).words;
  return [...words].filter((word) => word !== id && known.has(word));
}

/** Sources, transformations after what they read, then destinations. A cycle is given as its names instead. */
export function orderSteps(definition: Definition): { steps: Step[] } | { cycle: string[] } {
  const { sources, transformations, destinations } = definition;
  const known = new Set([...sources, ...transformations].map(({ id }) => id));
  const steps: Step[] = sources.map((source) => ({ kind: 'source', id: source.id, inputs: [], source }));
  const done = new Set(steps.map(({ id }) => id));
  let left = transformations.map((transformation) => ({
    transformation,
    inputs: inputsOf(transformation, known).filter((input) => known.has(input)),
  }));
  while (left.length > 0) {
    const ready = left.filter(({ inputs }) => inputs.every((input) => done.has(input)));
    if (ready.length === 0)
      return { cycle: cycleOf(left.map(({ transformation: { id }, inputs }) => ({ id, inputs }))) };
    for (const { transformation, inputs } of ready) {
      steps.push({ kind: 'transformation', id: transformation.id, inputs, transformation });
      done.add(transformation.id);
    }
    left = left.filter(({ transformation }) => !done.has(transformation.id));
  }
  const loads = destinations.map(
    (destination): Step => ({ kind: 'destination', id: destination.id, inputs: [destination.from], destination }),
  );
  return { steps: [...steps, ...loads] };
}

/** Follows inputs until a name comes again. */
function cycleOf(left: ReadonlyArray<{ id: string; inputs: readonly string[] }>): string[] {
  const path: string[] = [];
  let at = left[0];
  while (at !== undefined && !path.includes(at.id)) {
    path.push(at.id);
    const next = at.inputs.find((input) => left.some(({ id }) => id === input));
    at = left.find(({ id }) => id === next);
  }
  return at === undefined ? path : [...path.slice(path.indexOf(at.id)), at.id];
}
