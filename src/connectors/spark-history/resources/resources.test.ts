import { describe, expect, it } from 'vitest';
import { historyOf, toolContext } from '../fixtures/fake-logs.ts';
import { sampleApplication } from '../fixtures/sample-application.ts';
import { sparkHistorySurface } from '../surface.ts';

const { resources } = sparkHistorySurface(
  historyOf(sampleApplication(), sampleApplication({ appId: 'app-2', startTime: 1 })),
);
const [application, stage, sql] = resources;

describe('resources', () => {
  it('are reached by these templates [spark-history.resources]', () => {
    expect(resources.map(({ uriTemplate }) => uriTemplate)).toEqual([
      'spark://applications/{id}',
      'spark://applications/{id}/stages/{stage}',
      'spark://applications/{id}/sql/{execution}',
    ]);
  });

  it('answer as the tools do [spark-history.resources]', async () => {
    expect(await application?.read({ id: 'app-1' }, toolContext())).toMatchObject({
      app_id: 'app-1',
      status: 'SUCCEEDED',
    });
    expect(await stage?.read({ id: 'app-1', stage: '1' }, toolContext())).toMatchObject({ stage_id: 1, attempt_id: 1 });
    expect(await sql?.read({ id: 'app-1', execution: '0' }, toolContext())).toMatchObject({ execution_id: 0 });
  });

  it('list the applications that there are, newest first', async () => {
    expect(await application?.list?.(toolContext())).toEqual([
      { uri: 'spark://applications/app-1', name: 'app-1', description: '«nightly orders»' },
      { uri: 'spark://applications/app-2', name: 'app-2', description: '«nightly orders»' },
    ]);
  });

  it.each(['x', '-1', '1.5', '99999999999'])('refuse "%s" for a number', async (number) => {
    await expect(stage?.read({ id: 'app-1', stage: number }, toolContext())).rejects.toMatchObject({
      code: 'invalid_argument',
    });
  });

  it('offer the nearest ids for what there is not [spark-history.unknown-id-nearest]', async () => {
    await expect(stage?.read({ id: 'app-1', stage: '12' }, toolContext())).rejects.toMatchObject({ code: 'not_found' });
    await expect(application?.read({ id: 'app-3' }, toolContext())).rejects.toMatchObject({ code: 'not_found' });
  });

  it('complete ids, stages and SQL executions [spark-history.completions]', async () => {
    expect(await application?.complete?.id?.('app', {}, toolContext().caller)).toEqual(['app-1', 'app-2']);
    expect(await stage?.complete?.stage?.('', { id: 'app-1' }, toolContext().caller)).toEqual([
      '0',
      '1',
      '2',
      '3',
      '4',
    ]);
    expect(await sql?.complete?.execution?.('1', { id: 'app-1' }, toolContext().caller)).toEqual(['1']);
    expect(await stage?.complete?.stage?.('', {}, toolContext().caller)).toEqual([]);
    expect(await stage?.complete?.stage?.('', { id: 'nowhere' }, toolContext().caller)).toEqual([]);
  });
});
