import { beforeAll, describe, expect, it } from 'vitest';
import type { Problem } from '../../src/control-plane/problem.ts';
import { resourceType } from '../../src/control-plane/resource.ts';
import { encodeResource } from '../../src/control-plane/snapshot/encode-resource.ts';
import { HeadgateError } from '../../src/kernel/errors.ts';
import { installEnvoy, validateWithEnvoy } from '../stack/envoy.ts';
import { bootstrapWith, REFUSED_BY_ENVOY, TAKEN_BY_ENVOY } from './refused-by-envoy.ts';

describe.each(['1.36', '1.40'] as const)('Envoy %s', (version) => {
  let envoy: string;
  beforeAll(async () => {
    envoy = await installEnvoy(version);
  });

  it.each(REFUSED_BY_ENVOY.filter(({ since }) => since === undefined || since === version))(
    'refuses $what, as we do by the rule $rule [snapshots.envoy-agrees]',
    async (refused) => {
      expect(errorsOf(refused.type, refused.json)).toEqual([refused.rule]);
      await expect(validateWithEnvoy(envoy, JSON.stringify(bootstrapWith(refused)))).rejects.toThrow(/\w/);
    },
  );

  it.each(TAKEN_BY_ENVOY)('takes $what, as we do [snapshots.envoy-agrees]', async (taken) => {
    expect(errorsOf(taken.type, taken.json)).toEqual([]);
    await expect(validateWithEnvoy(envoy, JSON.stringify(bootstrapWith(taken)))).resolves.toBeUndefined();
  });
});

function errorsOf(type: string, json: Record<string, unknown>): string[] {
  const problems = problemsOf(resourceType(type)?.typeUrl ?? '', json);
  return [...new Set(problems.filter(({ severity }) => severity === 'error').map(({ rule }) => rule))];
}

function problemsOf(typeUrl: string, json: Record<string, unknown>): readonly Problem[] {
  try {
    return encodeResource({ typeUrl, json }).problems;
  } catch (error) {
    if (error instanceof HeadgateError) return error.details?.problems as Problem[];
    throw error;
  }
}
