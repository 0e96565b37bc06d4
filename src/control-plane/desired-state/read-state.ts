import { type DesiredState, desiredObject, EMPTY_STATE, withObjects } from './desired-state.ts';
import { parseDesiredState } from './parse-file.ts';

/** The desired state that a file alone says. Errors: as `parseDesiredState`. */
export function readState(yaml: string, file: string): DesiredState {
  const { objects } = parseDesiredState(yaml, file);
  const given = objects.flatMap(({ kind, name, spec }) => (spec === null ? [] : [desiredObject(kind, name, spec)]));
  return withObjects(EMPTY_STATE, given, []);
}
