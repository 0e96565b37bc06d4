import { PassThrough, Writable } from 'node:stream';
import { Client as ClientV2, StreamableHTTPClientTransport as HttpV2 } from '@modelcontextprotocol/client';
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as HttpV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { StdioServerTransport } from '@modelcontextprotocol/server/stdio';
import { pino } from 'pino';
import { onTestFinished } from 'vitest';
import { createGateway, type Gateway, type GatewayOptions, type Listening } from '../../../src/gateway/index.ts';
import type { AuditEntry } from '../../../src/kernel/audit.ts';
import { memoryAudit } from './memory-audit.ts';
import { createTestConnector, type Stage } from './test-connector.ts';
import { openOperations } from './test-operations.ts';

/** A gateway over the test connector on a free loopback port, with everything it writes in view. */
export interface Harness {
  readonly gateway: Gateway;
  readonly listening: Listening;
  readonly url: string;
  readonly stage: Stage;
  readonly audit: AuditEntry[];
  /** Log lines, parsed. */
  readonly log: Array<Record<string, unknown>>;
}

type ListenOptions = Parameters<Gateway['listen']>[0];

/** Starts a gateway that ends with the test. */
export async function startGateway(
  options: Partial<GatewayOptions> & Partial<Omit<ListenOptions, 'port'>> = {},
): Promise<Harness> {
  const { connector, stage } = createTestConnector();
  const audit: AuditEntry[] = [];
  const log: Array<Record<string, unknown>> = [];
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      log.push(JSON.parse(chunk.toString('utf8')) as Record<string, unknown>);
      done();
    },
  });
  const gateway = createGateway({
    name: 'headgate',
    version: '0.0.0-test',
    connectors: [connector],
    audit: memoryAudit(audit),
    policy: { readOnly: false },
    ...(await openOperations()),
    logger: pino({ level: 'info', serializers: { err: (error: Error) => ({ message: error.message }) } }, sink),
    ...options,
  });
  const listening = await gateway.listen({ host: '127.0.0.1', ...options, port: 0 });
  onTestFinished(() => gateway.close(0));
  return { gateway, listening, url: listening.url, stage, audit, log };
}

/** The three kinds of client that the gateway must serve. */
export const CLIENT_KINDS = ['sdk-v2-2026-07-28', 'sdk-v2-2025-11-25', 'sdk-v1-2025-11-25'] as const;
export type ClientKind = (typeof CLIENT_KINDS)[number];

/** A client of either SDK: what both have in common. */
export type AnyClient = ClientV2 | ClientV1;

const IDENTITY = { name: 'headgate-test', version: '1.0.0' };

/** A client that is not connected yet. */
export function createClient(kind: ClientKind, capabilities: { elicitation?: Record<string, never> } = {}): AnyClient {
  if (kind === 'sdk-v1-2025-11-25') return new ClientV1(IDENTITY, { capabilities });
  const mode = kind === 'sdk-v2-2026-07-28' ? 'auto' : 'legacy';
  return new ClientV2(IDENTITY, { capabilities, versionNegotiation: { mode } });
}

/** The HTTP transport that belongs to the client's SDK. */
export function createHttpTransport(kind: ClientKind, url: string): HttpV1 | HttpV2 {
  const address = new URL('/mcp', url);
  return kind === 'sdk-v1-2025-11-25' ? new HttpV1(address) : new HttpV2(address);
}

/** Connects a client of the kind over HTTP; it is closed with the test. */
export async function connectHttp(
  kind: ClientKind,
  url: string,
  capabilities: { elicitation?: Record<string, never> } = {},
): Promise<AnyClient> {
  const client = createClient(kind, capabilities);
  await connect(client, createHttpTransport(kind, url));
  return client;
}

/** Connects a client of the kind over a pair of pipes, as stdio does. */
export async function connectPipes(
  kind: ClientKind,
  gateway: Gateway,
  capabilities: { elicitation?: Record<string, never> } = {},
): Promise<AnyClient> {
  const toServer = new PassThrough();
  const toClient = new PassThrough();
  gateway.serveStdio({ input: toServer, output: toClient });
  const client = createClient(kind, capabilities);
  // Lines of JSON are the same from either end: the SDK's server transport is a client's when its streams are swapped.
  await connect(client, new StdioServerTransport(toClient, toServer));
  return client;
}

/** Connects, whatever the SDK: their transports differ only in optional fields. */
export async function connect(client: AnyClient, transport: unknown): Promise<void> {
  await (client.connect as (transport: unknown) => Promise<void>).call(client, transport);
  onTestFinished(() => client.close());
}

/** What a tool call answers, whatever the SDK. */
export interface CallAnswer {
  readonly content: Array<{ type: string; text: string }>;
  readonly structuredContent: Record<string, unknown>;
  readonly isError?: boolean;
}

/** Calls a tool, whatever the SDK. */
export async function call(
  client: AnyClient,
  name: string,
  args: Record<string, unknown> = {},
  options: { signal?: AbortSignal; onprogress?: (progress: { progress: number }) => void } = {},
): Promise<CallAnswer> {
  const answer =
    client instanceof ClientV1
      ? await client.callTool({ name, arguments: args }, undefined, options)
      : await client.callTool({ name, arguments: args }, options);
  return answer as unknown as CallAnswer;
}

/** Posts JSON to the REST face. */
export function post(url: string, path: string, body: unknown, init: RequestInit = {}): Promise<Response> {
  return fetch(new URL(path, url), {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
    ...init,
  });
}
