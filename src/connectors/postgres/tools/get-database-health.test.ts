import { expect, it } from 'vitest';
import { callScripted } from '../advice/fixtures/call-scripted.ts';
import { scriptedContext } from '../advice/fixtures/scripted-database.ts';
import { getDatabaseHealth } from './get-database-health.ts';

const harmful = { name: 'fsync', value: 'off', pending: false, source: 'configuration file' };

it('runs every check unless some are named, each once [postgres-advice.health-findings]', async () => {
  expect((await callScripted(getDatabaseHealth, {})).output.checked.length).toBe(12);
  const { output } = await callScripted(getDatabaseHealth, { checks: ['locks', 'locks'] });
  expect(output.checked).toEqual(['locks']);
});

it('tells what is wrong with its evidence, or that nothing is [postgres-advice.health-findings]', async () => {
  const { context } = scriptedContext((sql) => (sql.includes('pending_restart') ? [harmful] : []));
  const { text } = await callScripted(getDatabaseHealth, { checks: ['settings'] }, context);
  expect(text).toBe(
    [
      '1 finding in main, worst first:',
      '- critical: fsync is off: a crash of the machine can destroy the database',
      '    seen: set by «configuration file» (settings/fsync)',
      '    do: ALTER SYSTEM RESET fsync; then reload or restart the server.',
    ].join('\n'),
  );
  expect((await callScripted(getDatabaseHealth, { checks: ['settings'] })).text).toBe(
    'Nothing is wrong with main in 1 checks.',
  );
});

it('knows its checks [postgres-advice.bad-input]', async () => {
  await expect(callScripted(getDatabaseHealth, { checks: ['everything'] })).rejects.toThrow();
});
