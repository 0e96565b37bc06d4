import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HeadgateError } from '../../src/kernel/errors.ts';
import { connectSpark, readRows, type SparkConnect } from '../../src/spark-connect/index.ts';
import type { SparkLine } from '../stack/spark.ts';
import { type SparkConnectServer, startSparkConnect } from '../stack/spark-connect.ts';
import { startTcpProxy, type TcpProxy } from '../stack/tcp-proxy.ts';

/** Streams end after a megabyte, as they do after a gigabyte by default, and small batches come in parts. */
const SMALL_STREAMS = {
  'spark.connect.execute.reattachable.senderMaxStreamSize': '1m',
  'spark.connect.grpc.arrow.maxBatchSize': '256k',
};
const ROWS = 300_000;
const SELECT = `SELECT id, CAST(id AS STRING) AS c, id / 3 AS d FROM range(0, ${ROWS}, 1, 6)`;
/** Runs for minutes: each row costs a few hundred hashes. */
const ENDLESS = 'SELECT max(sha2(repeat(CAST(a.id * b.id AS STRING), 900), 512)) FROM range(100000) a, range(100000) b';

const errorOf = (work: Promise<unknown>) =>
  work.then(
    () => {
      throw new Error('no error');
    },
    (error: HeadgateError) => error,
  );

async function rowsOf(spark: SparkConnect, sql: string): Promise<unknown[][]> {
  const { columns, chunks } = await spark.query(sql);
  const rows: unknown[][] = [];
  for await (const chunk of chunks) rows.push(...readRows(chunk, columns));
  return rows;
}

/** Ids in the order in which they came. */
async function idsOf(spark: SparkConnect, between: (chunks: number) => unknown = () => {}): Promise<number[]> {
  const { columns, chunks } = await spark.query(SELECT);
  const ids: number[] = [];
  let count = 0;
  for await (const chunk of chunks) {
    for (const [id] of readRows(chunk, columns)) ids.push(Number(id));
    count += 1;
    await between(count);
  }
  return ids;
}

const IN_ORDER = Array.from({ length: ROWS }, (_, id) => id);

/** What becomes of the client's work when connections, servers and callers fail. */
export function describeFaults(line: SparkLine): void {
  describe(`a fault before Spark Connect ${line}`, () => {
    let server: SparkConnectServer;
    let proxy: TcpProxy;
    let spark: SparkConnect;

    beforeAll(async () => {
      server = await startSparkConnect({ line, properties: SMALL_STREAMS });
      proxy = await startTcpProxy(server.port);
      spark = connectSpark({ remote: `sc://127.0.0.1:${proxy.port}` });
      await spark.version();
    });

    afterAll(async () => {
      await spark?.close();
      await proxy?.stop();
      await server?.stop();
    });

    it('that ends streams early loses no row and doubles none [spark-connect.reattach]', async () => {
      expect(await idsOf(spark)).toEqual(IN_ORDER);
    });

    it('that cuts connections mid-stream loses no row and doubles none [spark-connect.reattach]', async () => {
      const before = proxy.connections();
      proxy.cutAfter(700_000);
      expect(await idsOf(spark)).toEqual(IN_ORDER);
      proxy.cutAfter(Number.POSITIVE_INFINITY);
      expect(proxy.connections() - before).toBeGreaterThan(3);
    });

    it('that cuts while the reader waits loses no row and doubles none [spark-connect.reattach]', async () => {
      const cutSometimes = async (chunk: number) => {
        if (chunk % 7 !== 0) return;
        proxy.cut();
        await pause(5);
      };
      expect(await idsOf(spark, cutSometimes)).toEqual(IN_ORDER);
    });

    it('that comes before the first answer runs a command once [spark-connect.sent-again]', async () => {
      await spark.run('CREATE TABLE effects (a INT) USING parquet');
      for (let round = 0; round < 3; round++) {
        const inserted = spark.run(`INSERT INTO effects VALUES (${round})`);
        await pause(round * 20);
        proxy.cut();
        await inserted;
      }
      expect(await rowsOf(spark, 'SELECT a FROM effects ORDER BY a')).toEqual([[0], [1], [2]]);
    });

    it('does not leave a statement running whose reader went away [spark-connect.interrupt]', async () => {
      const { chunks } = await spark.query(SELECT);
      for await (const chunk of chunks) {
        expect(chunk.byteLength).toBeGreaterThan(0);
        break;
      }
      // The server is told in the background: a whole statement takes longer than that.
      expect(await rowsOf(spark, 'SELECT count(*) FROM range(100000)')).toEqual([[100_000]]);
      expect(await spark.interrupt('all')).toEqual([]);
    });

    it('stops statements by operation, tag, all and signal [spark-connect.interrupt]', async () => {
      const running = await spark.query(ENDLESS);
      const rows = errorOf(running.chunks[Symbol.asyncIterator]().next());
      expect(await spark.interrupt({ operationId: running.operationId })).toEqual([running.operationId]);
      expect(await rows).toMatchObject({ code: 'cancelled' });

      const tagged = errorOf(spark.run(ENDLESS, { tags: ['mine'] }));
      const interrupted: string[] = [];
      while (interrupted.length === 0) interrupted.push(...(await spark.interrupt({ tag: 'mine' })));
      expect(await tagged).toMatchObject({ code: 'cancelled' });

      const one = errorOf(spark.run(ENDLESS));
      while ((await spark.interrupt('all')).length === 0) await pause(20);
      expect(await one).toMatchObject({ code: 'cancelled' });

      const stop = new AbortController();
      const aborted = errorOf(spark.run(ENDLESS, { signal: stop.signal }));
      await pause(200);
      stop.abort();
      expect(await aborted).toMatchObject({ code: 'cancelled' });
      expect(await rowsOf(spark, 'SELECT 1')).toEqual([[1]]);
    });

    const sessionCount = line === '4.3' ? 200 : 20;
    it(`between ${sessionCount} sessions is seen in none, and none is left [spark-connect.sessions-released]`, async () => {
      const sessions = Array.from({ length: sessionCount }, () => spark.newSession());
      for (let at = 0; at < sessions.length; at += 20) {
        await Promise.all(
          sessions.slice(at, at + 20).map(async (session, index) => {
            await session.conf.set({ 'spark.mine': String(at + index) });
            if (index === 0) await session.run(`CREATE TEMPORARY VIEW mine AS SELECT ${at} AS a`);
            if (index === 0) expect(await rowsOf(session, 'SELECT a FROM mine')).toEqual([[at]]);
            expect(await session.conf.get('spark.mine')).toBe(String(at + index));
            await session.close();
          }),
        );
      }
      expect(await errorOf(rowsOf(spark, 'SELECT a FROM mine'))).toMatchObject({ code: 'not_found' });
      expect(await spark.conf.get('spark.mine')).toBeNull();
      expect(await errorOf(sessions[0]?.version() ?? Promise.resolve())).toMatchObject({ code: 'failed_precondition' });
      // Spark 3.5 has no call for it: sessions go when they were idle for an hour.
      if (line === '3.5') return;
      for (const { sessionId } of sessions.filter((_, index) => index % 20 === 0)) {
        const again = connectSpark({ remote: `${server.remote}/;session_id=${sessionId}` });
        expect((await errorOf(again.version())).details).toMatchObject({
          error_class: 'INVALID_HANDLE.SESSION_CLOSED',
        });
        await again.close();
      }
    });

    it('that is a restart is told once, and the next use works [spark-connect.restart]', async () => {
      await spark.run('CREATE TEMPORARY VIEW gone AS SELECT 1 AS a');
      const old = spark.sessionId;
      await server.stop();
      server = await startSparkConnect({ line, port: server.port });
      expect(await errorOf(rowsOf(spark, 'SELECT a FROM gone'))).toMatchObject({
        code: 'aborted',
        message: expect.stringContaining('temporary views'),
      });
      expect(spark.sessionId).not.toBe(old);
      expect(await rowsOf(spark, 'SELECT 1 AS a')).toEqual([[1]]);
      expect(await errorOf(rowsOf(spark, 'SELECT a FROM gone'))).toMatchObject({ code: 'not_found' });
    });

    it('that is a dead server is unavailable after a while, also mid-result [spark-connect.unreachable]', async () => {
      const impatient = connectSpark({ remote: `sc://127.0.0.1:${proxy.port}`, patienceMs: 500 });
      await impatient.version();
      const { chunks } = await impatient.query(ENDLESS);
      const rows = errorOf(chunks[Symbol.asyncIterator]().next());
      await server.stop();
      expect(await rows).toMatchObject({ code: 'unavailable' });
      expect(await errorOf(impatient.version())).toMatchObject({ code: 'unavailable', retryable: true });
      await impatient.close();
    });
  });
}
