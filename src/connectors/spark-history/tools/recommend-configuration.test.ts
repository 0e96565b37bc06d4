import { encode } from 'gpt-tokenizer/encoding/o200k_base';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { callTool, rowsOf } from '../fixtures/call-tool.ts';
import { historyOf, toolContext } from '../fixtures/fake-logs.ts';
import { recordedApplication } from '../fixtures/recorded.ts';
import { sampleApplication } from '../fixtures/sample-application.ts';
import { recommendConfiguration } from './recommend-configuration.ts';

/** A recorded run as if it had run on several days. */
async function daily(id: string, days: number) {
  const application = await recordedApplication(id);
  return Array.from({ length: days }, (_, day) => ({
    ...application,
    appId: `run-${day + 1}`,
    name: `clicks 2026-02-0${day + 1}`,
    startTime: (application.startTime ?? 0) + day,
  }));
}

describe('recommend_configuration', () => {
  it('takes the newest runs of the same logical name, by id or by name [recommend.last-runs]', async () => {
    const other = { ...(await recordedApplication('4.3/first-look-none')), name: 'another' };
    const history = historyOf(...(await daily('4.3/orders-sql', 4)), other);
    const byId = await callTool(recommendConfiguration, history, { app_id: 'run-1', runs: 3 });
    expect(byId.runs).toEqual(['run-4', 'run-3', 'run-2']);
    const byName = await callTool(recommendConfiguration, history, { app_name: 'clicks 2026-03-09', runs: '2' });
    expect(byName.runs).toEqual(['run-4', 'run-3']);
  });

  it('answers with a patch as table and as options, or with none [recommend.empty]', async () => {
    const answer = await callTool(recommendConfiguration, historyOf(...(await daily('4.3/first-look-none', 3))), {
      app_id: 'run-2',
    });
    expect(answer).toMatchObject({
      verdict: 'Change nothing: no finding of 3 runs asks for another configuration.',
      submit_options: [],
      saving: null,
    });
    expect(rowsOf(answer.patch)).toEqual([]);
  });

  it('asks for an application, and says where names are', async () => {
    const history = historyOf(sampleApplication());
    await expect(callTool(recommendConfiguration, history, {})).rejects.toThrow(
      'Neither app_id nor app_name is given.',
    );
    await expect(callTool(recommendConfiguration, history, { app_name: 'no such' })).rejects.toThrow(
      'No run that ended is named like «no such».',
    );
  });

  it('respects the limits of the call and those of the configuration, the stricter ones [recommend.limits]', async () => {
    const history = historyOf(sampleApplication());
    const instances = async (input: object, limits = {}) => {
      const output = await recommendConfiguration.handler(
        recommendConfiguration.input.parse({ app_id: 'app-1', ...input }),
        { ...toolContext(), spark: history, limits },
      );
      return recommendConfiguration.output.parse(output).submit_options;
    };
    expect(await instances({})).toEqual(['--conf spark.executor.instances=2']);
    expect(await instances({ max_executors: 1 })).toEqual(['--conf spark.executor.instances=1']);
    expect(await instances({ max_executors: 9 }, { maxCores: 4 })).toEqual(['--conf spark.executor.instances=1']);
  });

  it('costs at most 260 tokens to list', () => {
    const { name, description, input } = recommendConfiguration;
    const listed = { name, description, inputSchema: z.toJSONSchema(input, { io: 'input' }) };
    expect(encode(JSON.stringify(listed)).length).toBeLessThanOrEqual(260);
  });
});
