import type { Connector } from '../../kernel/connector.ts';
import { bindTool } from '../../kernel/tool.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { Operations } from './operations.ts';
import { createSystemMetrics } from './resources/system-metrics.ts';
import { cancelOperation } from './tools/cancel-operation.ts';
import { getOperation } from './tools/get-operation.ts';
import { listOperations } from './tools/list-operations.ts';

/** What the gateway itself offers beside its platforms: its operations, and how it is. */
export function createOwnConnector(operations: Operations, metrics: Pick<Metrics, 'summary'>): Connector {
  const dependencies = { operations };
  return {
    id: 'headgate',
    platform: 'headgate',
    tools: [
      bindTool(getOperation, dependencies),
      bindTool(cancelOperation, dependencies),
      bindTool(listOperations, dependencies),
    ],
    resources: [createSystemMetrics({ metrics, running: () => operations.running() })],
    prompts: [],
    // Its store is a part of its own.
    health: async () => [],
    close: async () => {},
  };
}
