import { expect, it } from 'vitest';
import { renderChecked } from './check.ts';

it('says how to mend what is wrong, and what to look at where all is well and nothing is there [start.check-names-path-and-fix]', () => {
  const reports = [
    { name: 'spark_history.sources.a', ok: false, message: 'There is no bucket lake.', hint: 'Check the uri.' },
    { name: 'spark_history.sources.b', ok: true, message: '0 event logs', hint: 'Check the prefix.' },
    { name: 'spark_history.sources.c', ok: true, message: '7 event logs' },
  ];
  expect(renderChecked({ ok: false, file: '/etc/headgate.yaml', warnings: [], reports }).split('\n')).toEqual([
    'Configuration: /etc/headgate.yaml',
    'FAILED   spark_history.sources.a: There is no bucket lake.',
    '         Check the uri.',
    'ok       spark_history.sources.b: 0 event logs',
    '         Check the prefix.',
    'ok       spark_history.sources.c: 7 event logs',
  ]);
});
