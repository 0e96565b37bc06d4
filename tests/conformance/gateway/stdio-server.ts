import process from 'node:process';
import { createGateway, createLogger } from '../../../src/gateway/index.ts';
import { memoryAudit } from './memory-audit.ts';
import { createTestConnector } from './test-connector.ts';
import { withoutOperations } from './without-operations.ts';

// A gateway over the test connector on this process's own stdio, as `headgate serve --stdio` is one over the real ones.
const { connector, stage } = createTestConnector();
stage.release();
const gateway = createGateway({
  name: 'headgate',
  version: '0.0.0-test',
  connectors: [connector],
  audit: memoryAudit([]),
  policy: { readOnly: false },
  ...withoutOperations(),
  logger: createLogger('debug'),
});
const connection = gateway.serveStdio({ input: process.stdin, output: process.stdout });
await connection.closed;
await gateway.close(0);
