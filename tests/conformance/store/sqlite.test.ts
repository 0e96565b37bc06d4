import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe } from 'vitest';
import { openStore } from '../../../src/store/open-store.ts';
import { describeApprovals } from './approvals.suite.ts';
import { describeAuditLog } from './audit.suite.ts';
import { describeControlPlane } from './control-plane.suite.ts';
import { describeOperations } from './operations.suite.ts';
import { describePipelines } from './pipelines.suite.ts';
import { describeRunHistory } from './run-history.suite.ts';
import { describeSparkJobs } from './spark-jobs.suite.ts';
import { describeLogSummaries } from './summaries.suite.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'headgate-sqlite-'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

describe('the store on SQLite', () => {
  const store = {
    open: (options = {}) => openStore({ ...options, path: join(folder, 'headgate.db'), url: undefined }),
  };
  describeAuditLog(store);
  describeLogSummaries(store);
  describeRunHistory(store);
  describeOperations(store);
  describeApprovals(store);
  describeSparkJobs(store);
  describePipelines(store);
  describeControlPlane(store);
});
