import type { Readable, Writable } from 'node:stream';
import type { JSONRPCMessage, Server } from '@modelcontextprotocol/server';
import { StdioServerTransport, serveStdio } from '@modelcontextprotocol/server/stdio';
import { LineScreen, MAX_LINE_BYTES, type Refusal } from './line-screen.ts';
import { createMcpServer, endSubscriptions } from './server.ts';
import { StdioListening } from './stdio-listening.ts';
import type { Surface } from './surface.ts';

/** A running MCP connection over two streams. */
export interface StdioConnection {
  /** Resolves when the connection is over: the client closed its end, the output failed, or after `close`. */
  readonly closed: Promise<void>;
  /** Tells a 2025-era client that the list of resources changed. */
  resourcesChanged(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Serves MCP of either era over the streams; the client's first message says which. Nothing else may write to `output`.
 * A line that is no message is answered with a JSON-RPC error and logged; the connection goes on.
 */
export function connectStdio(surface: Surface, streams: { input: Readable; output: Writable }): StdioConnection {
  const { promise: closed, resolve } = Promise.withResolvers<void>();
  const { logger } = surface;
  let current: Server | undefined;
  const screen = new LineScreen(async (refusal) => {
    logger.warn({ code: refusal.code }, `MCP over stdio: ${refusal.message}`);
    if (refusal.answered) await transport.send(toResponse(refusal));
  });
  const transport = new StdioServerTransport(screen, streams.output, { maxBufferSize: MAX_LINE_BYTES + 1 });
  const handle = serveStdio(
    () => {
      current = createMcpServer(surface, 'mcp-stdio');
      return current;
    },
    { transport, onerror: (error) => logger.debug({ err: error }, 'MCP over stdio') },
  );
  const listening = new StdioListening(surface, () => current);
  const deliver = transport.onmessage;
  transport.onmessage = (message: JSONRPCMessage) => {
    listening.see(message);
    deliver?.(message);
  };
  const endServer = transport.onclose;
  transport.onclose = () => {
    listening.close();
    if (current !== undefined) endSubscriptions(current);
    streams.input.unpipe(screen).pause();
    endServer?.();
    resolve();
  };
  screen.on('error', (error) => {
    logger.warn({ err: error }, 'MCP over stdio: an answer could not be written');
    void handle.close();
  });
  streams.input.on('error', (error) => logger.warn({ err: error }, 'MCP over stdio: the input failed'));
  streams.input.once('close', () => screen.end());
  streams.input.pipe(screen);
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

/** The SDK's types leave out the null that JSON-RPC 2.0 demands where the id of a request cannot be read. */
function toResponse({ code, message, id }: Refusal): JSONRPCMessage {
  return { jsonrpc: '2.0', id, error: { code, message } } as JSONRPCMessage;
}
