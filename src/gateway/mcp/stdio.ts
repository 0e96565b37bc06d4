import type { Readable, Writable } from 'node:stream';
import type { Server } from '@modelcontextprotocol/server';
import { StdioServerTransport, serveStdio } from '@modelcontextprotocol/server/stdio';
import { createMcpServer } from './server.ts';
import type { Surface } from './surface.ts';

/** A running MCP connection over two streams. */
export interface StdioConnection {
  /** Resolves when the client closed its end, or after `close`. */
  readonly closed: Promise<void>;
  /** Tells a 2025-era client that the list of resources changed. */
  resourcesChanged(): Promise<void>;
  close(): Promise<void>;
}

/** Serves MCP of either era over the streams; the client's first message says which. Nothing else may write to `output`. */
export function connectStdio(surface: Surface, streams: { input: Readable; output: Writable }): StdioConnection {
  const { promise: closed, resolve } = Promise.withResolvers<void>();
  let current: Server | undefined;
  streams.input.once('end', resolve);
  streams.input.once('close', resolve);
  const handle = serveStdio(
    () => {
      current = createMcpServer(surface, 'mcp-stdio');
      return current;
    },
    {
      transport: new StdioServerTransport(streams.input, streams.output),
      onerror: (error) => surface.logger.debug({ err: error }, 'MCP over stdio'),
    },
  );
  return {
    closed,
    async resourcesChanged() {
      if (current?.transport !== undefined) await current.sendResourceListChanged();
    },
    async close() {
      await handle.close();
      resolve();
    },
  };
}
