import { expect, it } from 'vitest';
import { rollingRestart } from './rolling-restart.ts';

function replicas(count: number, log: string[], serves: (name: string) => boolean = () => true) {
  return Array.from({ length: count }, (_none, index) => {
    const name = `replica-${index + 1}`;
    return {
      name,
      restart: async () => void log.push(`restart ${name}`),
      async isServing() {
        log.push(`serving ${name}`);
        return serves(name);
      },
    };
  });
}

const noStandIn = () => Promise.reject(new Error('not needed'));

it('restarts the next only once the one before gets requests again [up.rolling-restart]', async () => {
  const log: string[] = [];
  const said: string[] = [];
  await rollingRestart(replicas(2, log), { standIn: noStandIn, report: (message) => said.push(message) });
  expect(log).toEqual(['restart replica-1', 'serving replica-1', 'restart replica-2', 'serving replica-2']);
  expect(said.at(-1)).toBe('Every replica was restarted.');
});

it('leaves the others as they are when one gets no requests [up.rolling-restart]', async () => {
  const log: string[] = [];
  const fleet = replicas(3, log, (name) => name !== 'replica-2');
  await expect(rollingRestart(fleet, { standIn: noStandIn, report: () => {} })).rejects.toMatchObject({
    code: 'deadline_exceeded',
  });
  expect(log).not.toContain('restart replica-3');
});

it('has a stand-in where there is only one [up.rolling-restart]', async () => {
  const log: string[] = [];
  const standIn = async () => ({
    async isServing() {
      log.push('serving stand-in');
      return true;
    },
    stop: async () => void log.push('stop stand-in'),
  });
  await rollingRestart(replicas(1, log), { standIn, report: () => {} });
  expect(log).toEqual(['serving stand-in', 'restart replica-1', 'serving replica-1', 'stop stand-in']);
});
