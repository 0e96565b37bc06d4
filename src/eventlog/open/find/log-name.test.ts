import { describe, expect, it } from 'vitest';
import { appOfName, readLogName } from './log-name.ts';

describe('readLogName', () => {
  it.each([
    ['events_1_local-1795244552007.zstd', { role: 'events', app: 'local-1795244552007', index: 1, compacted: false }],
    [
      'events_12_application_1_2_1.lz4.compact',
      { role: 'events', app: 'application_1_2_1', index: 12, compacted: true },
    ],
    ['events_3_my-app', { role: 'events', app: 'my-app', index: 3, compacted: false }],
    ['appstatus_local-1.inprogress', { role: 'appstatus', app: 'local-1', inProgress: true }],
    ['appstatus_local-1', { role: 'appstatus', app: 'local-1', inProgress: false }],
    ['eventlog-2026-11-21--07-00.gz', { role: 'databricks-part' }],
    ['eventlog-2026-11-21--07-00', { role: 'databricks-part' }],
    ['eventlog', { role: 'databricks-last' }],
    ['application_1700000000000_0042_2.snappy.inprogress', { role: 'single' }],
    ['app-20261121070448-0000.zstd', { role: 'single' }],
    ['spark-9f86d081884c7d659a2feaa0c55ad015', { role: 'single' }],
    ['.application_1_2.crc', { role: 'skipped' }],
    ['application_1_2.crc', { role: 'skipped' }],
    ['_SUCCESS', { role: 'skipped' }],
    ['notes.txt', { role: 'unknown' }],
    ['events_x_app', { role: 'unknown' }],
  ])('reads %s', (name, expected) => {
    expect(readLogName(name)).toEqual(expected);
  });
});

describe('appOfName', () => {
  it.each([
    ['application_1700000000000_0042', 'application_1700000000000_0042', null],
    ['application_1700000000000_0042_2.zstd', 'application_1700000000000_0042', '2'],
    ['local-1795244552007_1.inprogress', 'local-1795244552007', '1'],
    ['eventlog_v2_app-20261121070448-0000', 'app-20261121070448-0000', null],
    ['events_7_local-3_attempt-2.lz4.compact', 'local-3', 'attempt-2'],
    ['spark-application-1700000000000', 'spark-application-1700000000000', null],
    ['my-copy-of-a-log', null, null],
  ])('reads %s as %s, attempt %s', (name, appId, attemptId) => {
    expect(appOfName(name)).toEqual({ appId, attemptId });
  });
});
