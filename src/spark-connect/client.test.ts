import { create, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { type Metadata, Server, ServerCredentials, type ServerWritableStream, status } from '@grpc/grpc-js';
import { Int32, Table, tableToIPC, vectorFromArray } from 'apache-arrow';
import { afterEach, describe, expect, it } from 'vitest';
import { connectSpark } from './client.ts';
import {
  type ExecutePlanRequest,
  type ExecutePlanResponseSchema,
  type ReattachExecuteRequest,
  SparkConnectService,
} from './generated/spark/connect/base_pb.ts';
import { readRows } from './read-rows.ts';

type Answer = MessageInitShape<typeof ExecutePlanResponseSchema>;
type Stream = ServerWritableStream<ExecutePlanRequest | ReattachExecuteRequest, Answer>;
type Unary = (request: never) => object;

/** A server that answers as a test says, and remembers what it was asked. */
interface Scripted {
  remote: string;
  calls: { method: string; request: { operationId?: string; lastResponseId?: string }; headers: Metadata }[];
  stop(): void;
}

const SESSION = { serverSideSessionId: 'first' };
const CHUNK = tableToIPC(new Table({ a: vectorFromArray([1, 2, 3], new Int32()) }), 'stream');
const SCHEMA: Answer = {
  responseId: 'r0',
  schema: {
    kind: {
      case: 'struct',
      value: { fields: [{ name: 'a', dataType: { kind: { case: 'integer', value: {} } }, nullable: true }] },
    },
  },
};
const DONE: Answer = { responseId: 'done', responseType: { case: 'resultComplete', value: {} } };
const batch = (id: string, value: object): Answer => ({
  responseId: id,
  responseType: { case: 'arrowBatch', value: { rowCount: 3n, data: CHUNK, ...value } },
});

async function startScripted(
  streams: Partial<Record<'executePlan' | 'reattachExecute', (stream: Stream, round: number) => void>>,
  unary: Record<string, Unary> = {},
): Promise<Scripted> {
  const server = new Server();
  const calls: Scripted['calls'] = [];
  const rounds = new Map<string, number>();
  const implementation: Record<string, unknown> = {};
  const definition: Record<string, object> = {};
  for (const [name, method] of Object.entries(SparkConnectService.method)) {
    const streaming = method.methodKind === 'server_streaming';
    definition[name] = {
      path: `/${SparkConnectService.typeName}/${method.name}`,
      requestStream: method.methodKind === 'client_streaming',
      responseStream: streaming,
      requestSerialize: (value: unknown) => value,
      requestDeserialize: (bytes: Buffer) => fromBinary(method.input, bytes),
      responseSerialize: (value: object) => Buffer.from(toBinary(method.output, create(method.output, value as never))),
      responseDeserialize: (bytes: unknown) => bytes,
    };
    implementation[name] = (call: Stream, callback?: (error: unknown, value?: object) => void) => {
      const round = rounds.get(name) ?? 0;
      rounds.set(name, round + 1);
      calls.push({ method: name, request: call.request as never, headers: call.metadata });
      if (streaming) streams[name as 'executePlan']?.(call, round);
      else callback?.(null, { ...SESSION, ...unary[name]?.(call.request as never) });
    };
  }
  server.addService(definition as never, implementation as never);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) => {
      if (error === null) resolve(bound);
      else reject(error);
    });
  });
  return { remote: `sc://127.0.0.1:${port}`, calls, stop: () => server.forceShutdown() };
}

const send = (stream: Stream, ...answers: Answer[]) => {
  for (const answer of answers) stream.write({ ...SESSION, ...answer } as never);
};
const fail = (stream: Stream, code: status, details: string) => stream.emit('error', { code, details });

let server: Scripted | undefined;
afterEach(() => server?.stop());

async function idsOf(remote: string): Promise<unknown[]> {
  const spark = connectSpark({ remote, patienceMs: 2_000 });
  try {
    const { columns, chunks } = await spark.query('SELECT a');
    const ids: unknown[] = [];
    for await (const chunk of chunks) ids.push(...readRows(chunk, columns).map(([id]) => id));
    return ids;
  } finally {
    await spark.close();
  }
}

describe('a client of Spark Connect', () => {
  it('puts batches together that came in parts, over two streams [spark-connect.chunked-batches] [spark-connect.reattach]', async () => {
    const part = (index: number) => ({
      data: CHUNK.subarray(index * 100, index === 2 ? undefined : (index + 1) * 100),
      chunkIndex: BigInt(index),
      numChunksInBatch: 3n,
      startOffset: 0n,
    });
    server = await startScripted({
      executePlan: (stream) => {
        send(stream, SCHEMA, batch('r1', part(0)));
        stream.end();
      },
      reattachExecute: (stream, round) => {
        if (round === 0) {
          send(stream, batch('r2', part(1)));
          fail(stream, status.UNAVAILABLE, 'gone');
        } else {
          send(stream, batch('r3', part(2)), batch('r4', { startOffset: 3n }), DONE);
          stream.end();
        }
      },
    });
    expect(await idsOf(server.remote)).toEqual([1, 2, 3, 1, 2, 3]);
    const reattached = server.calls.filter(({ method }) => method === 'reattachExecute');
    expect(reattached.map(({ request }) => request.lastResponseId)).toEqual(['r1', 'r2']);
    expect(server.calls.some(({ method }) => method === 'releaseExecute')).toBe(true);
  });

  it.each([
    ['a part', { chunkIndex: 1n, numChunksInBatch: 2n }],
    ['a batch', { startOffset: 3n }],
    ['the last part', { chunkIndex: 0n, numChunksInBatch: 2n }],
  ])('notices that %s is missing [spark-connect.chunked-batches]', async (_, value) => {
    server = await startScripted({
      executePlan: (stream) => {
        send(stream, SCHEMA, batch('r1', value), DONE);
        stream.end();
      },
    });
    await expect(idsOf(server.remote)).rejects.toMatchObject({ code: 'aborted' });
  });

  it('sends a statement again that never arrived [spark-connect.sent-again]', async () => {
    server = await startScripted({
      executePlan: (stream, round) => {
        if (round === 0) return fail(stream, status.UNAVAILABLE, 'lost on its way');
        send(stream, SCHEMA, batch('r1', {}), DONE);
        stream.end();
      },
      reattachExecute: (stream) => fail(stream, status.INTERNAL, '[INVALID_HANDLE.OPERATION_NOT_FOUND] not here'),
    });
    expect(await idsOf(server.remote)).toEqual([1, 2, 3]);
    const sent = server.calls.filter(({ method }) => method === 'executePlan');
    expect(new Set(sent.map(({ request }) => request.operationId)).size).toBe(1);
    expect(sent).toHaveLength(2);
  });

  it('does not send a statement again that answered [spark-connect.sent-again]', async () => {
    server = await startScripted({
      executePlan: (stream) => {
        send(stream, SCHEMA);
        stream.end();
      },
      reattachExecute: (stream) => fail(stream, status.INTERNAL, '[INVALID_HANDLE.OPERATION_NOT_FOUND] not here'),
    });
    await expect(idsOf(server.remote)).rejects.toMatchObject({ code: 'aborted' });
    expect(server.calls.filter(({ method }) => method === 'executePlan')).toHaveLength(1);
  });

  it('notices answers of another server, and opens a new session then [spark-connect.restart]', async () => {
    let now = 'first';
    server = await startScripted({}, { config: () => ({ serverSideSessionId: now }) });
    const spark = connectSpark({ remote: server.remote });
    await spark.conf.get('a');
    now = 'second';
    const old = spark.sessionId;
    await expect(spark.conf.get('a')).rejects.toMatchObject({ code: 'aborted', details: { session_id: old } });
    expect(await spark.conf.get('a')).toBeNull();
    expect(spark.sessionId).not.toBe(old);
    await spark.close();
  });

  it('sends token and headers, and its token in no error [spark-connect.token-protected] [spark-connect.address]', async () => {
    server = await startScripted({ executePlan: (stream) => fail(stream, status.UNAUTHENTICATED, 'who?') });
    const spark = connectSpark({ remote: `${server.remote}/;x-databricks-cluster-id=c1`, token: 'tok-secret' });
    const error = await spark.query('SELECT 1').catch((thrown) => thrown);
    expect(error).toMatchObject({ code: 'unauthenticated' });
    expect(JSON.stringify(error.toBody()) + spark.address).not.toContain('tok-secret');
    expect(server.calls[0]?.headers.getMap()).toMatchObject({
      authorization: 'Bearer tok-secret',
      'x-databricks-cluster-id': 'c1',
    });
    await spark.close();
  });

  it('fetches no more than it can hold while nobody reads [spark-connect.flat-memory]', async () => {
    let written = 0;
    server = await startScripted({
      executePlan: (stream) => {
        send(stream, SCHEMA);
        const write = () => {
          while (written < 500 && !stream.cancelled) {
            written += 1;
            const value = { data: new Uint8Array(1_000_000), rowCount: 0n };
            if (!stream.write({ ...SESSION, ...batch(`b${written}`, value) } as never)) return;
          }
        };
        stream.on('drain', write);
        write();
      },
    });
    const spark = connectSpark({ remote: server.remote });
    const { chunks } = await spark.query('SELECT a');
    const reader = chunks[Symbol.asyncIterator]();
    await reader.next();
    await spark.version();
    await spark.version();
    expect(written).toBeLessThan(100);
    await reader.return?.();
    await spark.close();
    expect(server.calls.filter(({ method }) => method === 'releaseExecute').length).toBeGreaterThan(0);
  });

  it('lets the server forget what was taken after every 4 MB, and not after every answer [spark-connect.flat-memory]', async () => {
    const data = Buffer.alloc(1024 * 1024);
    server = await startScripted({
      executePlan: (stream) => {
        send(stream, SCHEMA);
        for (let k = 0; k < 12; k++) send(stream, batch(`b${k}`, { data, rowCount: 0n }));
        send(stream, DONE);
        stream.end();
      },
    });
    const spark = connectSpark({ remote: server.remote });
    const { chunks } = await spark.query('SELECT a');
    for await (const chunk of chunks) {
      expect(chunk.length).toBe(data.length);
      await spark.conf.get('a');
    }
    await spark.close();
    const released = server.calls.filter(({ method }) => method === 'releaseExecute');
    const until = released.map(({ request }) => (request as { release?: { value: { responseId?: string } } }).release);
    expect(until.map((release) => release?.value.responseId)).toEqual(['b3', 'b7', 'b11', undefined]);
  });

  it('gives up on a server that is not there after its patience [spark-connect.unreachable]', async () => {
    const spark = connectSpark({ remote: 'sc://127.0.0.1:1', patienceMs: 100 });
    await expect(spark.version()).rejects.toMatchObject({ code: 'unavailable' });
    await spark.close();
  });

  it('ends what still runs when it is closed [spark-connect.sessions-released]', async () => {
    server = await startScripted({ executePlan: (stream) => send(stream, SCHEMA) });
    const spark = connectSpark({ remote: server.remote });
    const { chunks } = await spark.query('SELECT a');
    const next = chunks[Symbol.asyncIterator]().next();
    const ended = expect(next).rejects.toMatchObject({ code: 'cancelled' });
    await spark.close();
    await ended;
    expect(server.calls.map(({ method }) => method).slice(-2)).toEqual(['releaseExecute', 'releaseSession']);
    await expect(spark.query('SELECT a')).rejects.toMatchObject({ code: 'failed_precondition' });
  });

  it('opens a session for all that wait for it, also when the first gives up [spark-connect.interrupt]', async () => {
    server = await startScripted({});
    const spark = connectSpark({ remote: server.remote });
    const stop = new AbortController();
    const first = spark.conf.get('a', stop.signal);
    const second = spark.conf.get('b');
    stop.abort();
    await expect(first).rejects.toMatchObject({ code: 'cancelled' });
    expect(await second).toBeNull();
    await spark.close();
  });

  it('stops waiting when its caller does [spark-connect.interrupt]', async () => {
    server = await startScripted({ executePlan: (stream) => send(stream, SCHEMA) });
    const spark = connectSpark({ remote: server.remote });
    const stop = new AbortController();
    const { chunks } = await spark.query('SELECT a', { signal: stop.signal });
    const next = chunks[Symbol.asyncIterator]().next();
    stop.abort();
    await expect(next).rejects.toMatchObject({ code: 'cancelled' });
    await expect(spark.query('SELECT a', { signal: stop.signal })).rejects.toMatchObject({ code: 'cancelled' });
    await spark.close();
    expect(server.calls.some(({ method }) => method === 'releaseExecute')).toBe(true);
  });
});
