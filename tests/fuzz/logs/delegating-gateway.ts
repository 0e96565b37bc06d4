import { pino } from 'pino';
import { createSparkHistory } from '../../../src/connectors/spark-history/connector.ts';
import { createGateway, type Gateway } from '../../../src/gateway/index.ts';
import type { RedactLevel } from '../../../src/kernel/config-file.ts';
import type { Connector } from '../../../src/kernel/connector.ts';
import type { LogSummaryPort } from '../../../src/kernel/log-summaries.ts';
import { withoutOperations } from '../../conformance/gateway/without-operations.ts';

/** One gateway whose Spark history is another one for every log: making a gateway takes longer than reading a small log. */
export interface DelegatingGateway {
  readonly gateway: Gateway;
  /** Serves the logs of a folder from now on; the connector that does is closed by whoever asked for it. */
  open(folder: string, redact: RedactLevel): Connector;
}

export function createDelegatingGateway(): DelegatingGateway {
  const connect = (path: string, redact: RedactLevel): Connector =>
    createSparkHistory(
      { sources: [{ name: 'logs', place: { kind: 'folder', path }, tenants: null }], redact },
      { clock: Date.now, summaries: keptInMemory() },
    );
  const pattern = connect('/nowhere', 'secrets');
  let current = pattern;
  const connector: Connector = {
    ...pattern,
    tools: pattern.tools.map((tool, index) => ({
      ...tool,
      call: (input, context) => (current.tools[index] as typeof tool).call(input, context),
    })),
  };
  const gateway = createGateway({
    name: 'headgate',
    version: '0.0.0-fuzz',
    connectors: [connector],
    audit: { record: async () => {}, recent: async () => [] },
    policy: { readOnly: false },
    ...withoutOperations(),
    logger: pino({ level: 'silent' }),
  });
  return {
    gateway,
    open(folder, redact) {
      current = connect(folder, redact);
      return current;
    },
  };
}

/** A store for as long as one log is looked at. */
function keptInMemory(): LogSummaryPort {
  const summaries = new Map<string, Uint8Array>();
  const headlines = new Map<string, { path: string; state: string; headline: string }>();
  const keyOf = (key: object) => JSON.stringify(key);
  return {
    read: async (key) => summaries.get(keyOf(key)) ?? null,
    write: async (key, summary) => void summaries.set(keyOf(key), summary),
    headlines: async () => [...headlines.values()],
    keepHeadlines: async (_scope, kept, gone) => {
      for (const path of gone) headlines.delete(path);
      for (const one of kept) headlines.set(one.path, one);
    },
  };
}
