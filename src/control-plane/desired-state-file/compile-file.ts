import { HeadgateError } from '../../kernel/errors.ts';
import type { SecretResolver } from '../../kernel/secret-resolver.ts';
import { secretFiles } from '../bootstrap/secret-files.ts';
import { type DesiredState, EMPTY_STATE, objectsBetween } from '../desired-state/desired-state.ts';
import { envoyVersionOf } from '../desired-state/proxy-group.ts';
import { readState } from '../desired-state/read-state.ts';
import { Compiler } from '../history/compiler.ts';
import { ENVOY_BUILDERS } from '../history/envoy-builders.ts';
import { SecretMaterials } from '../history/secret-materials.ts';
import type { Problem } from '../problem.ts';
import { type BuiltResource, resourceType } from '../resource.ts';
import { allUnits, buildUnit } from '../resources/units.ts';

/** A desired state with what would be served of it, without anybody who serves it. */
export interface CompiledFile {
  readonly state: DesiredState;
  /** Empty: nothing is wrong with it. Errors among them: nothing was compiled. */
  readonly problems: readonly Problem[];
  /** JSON of Envoy's resources of a group, by the type's name; secrets are masked. Errors: `not_found` for a group that is not there. */
  resources(group: string): Record<string, Array<Record<string, unknown>>>;
}

/** Reads and compiles a text of desired state as a control plane would. What is wrong with it is in `problems`. */
export async function compileFile(yaml: string, file: string, resolveSecret: SecretResolver): Promise<CompiledFile> {
  const compiler = new Compiler(ENVOY_BUILDERS);
  try {
    const state = readState(yaml, file);
    const secrets = new SecretMaterials(resolveSecret);
    const unresolved = await secrets.resolve([...state.secrets]);
    const { warnings } = await compiler.advance(state, objectsBetween(EMPTY_STATE, state), secrets.materials);
    return { state, problems: [...unresolved, ...warnings], resources: (group) => resourcesOf(compiler, group) };
  } catch (error) {
    if (!(error instanceof HeadgateError) || !Array.isArray(error.details?.problems)) throw error;
    const problems = error.details.problems as Problem[];
    return { state: EMPTY_STATE, problems, resources: () => ({}) };
  }
}

function resourcesOf(compiler: Compiler, group: string): Record<string, Array<Record<string, unknown>>> {
  const snapshot = compiler.snapshot(group);
  if (snapshot === undefined) {
    throw new HeadgateError('not_found', `There is no group ${JSON.stringify(group)}.`, {
      hint: `There is ${compiler.groups.join(', ')}.`,
    });
  }
  const named = [...snapshot.sets].flatMap(([typeUrl, set]) => {
    const resources = [...set].sort((one, other) => (one.name < other.name ? -1 : 1));
    const name = resourceType(typeUrl)?.name ?? typeUrl;
    return resources.length === 0 ? [] : [[name, resources.map((one) => ENVOY_BUILDERS.resourceJson(one))] as const];
  });
  return Object.fromEntries(named);
}

/** The resources of a group for a configuration without a control plane: secrets are read from files by the proxy itself. Errors: `invalid_argument` for a secret that is no file. */
export function staticResources(state: DesiredState, group: string, folder: string): BuiltResource[] {
  const context = { state, group, envoyVersion: envoyVersionOf(state, group), secrets: new Map() };
  const units = allUnits(state).filter(({ kind }) => kind !== 'secret');
  return [...units.flatMap((unit) => buildUnit(unit, context)), ...secretFiles(state, group, folder)];
}
