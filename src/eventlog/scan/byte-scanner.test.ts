import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createScanner } from './byte-scanner.ts';
import { decodedEvents } from './deferred-lines.ts';
import { EventSink } from './event-sink.ts';
import { type ChunkScanner, LineScanner } from './line-scanner.ts';

const LOG = new URL('../../../tests/fixtures/spark/4.3/first-look-none/local-1795244441242', import.meta.url);
const LINES = readFileSync(LOG, 'utf8').trimEnd().split('\n');
const TASK_LINES = LINES.filter((line) => line.startsWith('{"Event":"SparkListenerTask'));

/** Everything a scanner made of some lines, in a form that can be compared. */
function scanAll(bytes: Uint8Array, create: () => ChunkScanner) {
  const sink = new EventSink();
  const scanner = create();
  scanner.begin(sink);
  scanner.buffer.set(bytes);
  const consumed = scanner.scan(0, bytes.length);
  const { tasks, ...result } = sink.finish();
  let { eventCount, damagedLines } = result;
  const events = [
    ...decodedEvents(result, (readable) => {
      if (readable) eventCount += 1;
      else damagedLines += 1;
    }),
  ];
  const counts = { eventCount, damagedLines, unknownEvents: result.unknownEvents, events };
  const columns = Object.fromEntries(
    Object.entries(tasks.columns).map(([name, column]) => [
      name,
      Array.from({ length: column.length }, (_, row) => column.cells?.[row] ?? 0),
    ]),
  );
  return { consumed, counts, tasks: { ...tasks, columns } };
}

const bothAgree = (text: string | Uint8Array) => {
  const bytes = typeof text === 'string' ? Buffer.from(text, 'utf8') : text;
  expect(scanAll(bytes, createScanner)).toEqual(scanAll(bytes, () => new LineScanner(2 << 20)));
};

/** JSON text of a value with white space, key order and number forms that Spark never writes. */
const oddSpellings = [
  (line: string) => line.replaceAll('":', '": '),
  (line: string) => line.replace('"Stage ID":', '"Stage ID":1,"Stage ID":'),
  (line: string) => line.replace('"Stage ID":', '"Stage\\u0020ID":7,"Stage ID":'),
  (line: string) => line.replace(/"Launch Time":(\d+)/, '"Launch Time":$1.0'),
  (line: string) => line.replace(/"Launch Time":(\d+)/, '"Launch Time":0$1'),
  (line: string) => line.replace(/"Launch Time":(\d+)/, '"Launch Time":-$1'),
  (line: string) => line.replace(/"Launch Time":(\d+)/, '"Launch Time":$1e3'),
  (line: string) => line.replace(/"Launch Time":(\d+)/, '"Launch Time":"$1"'),
  (line: string) => line.replace(/"Launch Time":(\d+)/, '"Launch Time":99999999999999999999'),
  (line: string) => line.replace(/"Task ID":(\d+)/, '"Task ID":null'),
  (line: string) => line.replace('"Executor ID":"driver"', '"Executor ID":"dr\\u0069ver"'),
  (line: string) => line.replace('"Executor ID":"driver"', '"Executor ID":"Zürich"'),
  (line: string) => line.replace(/"Task Info":\{/, '"Task Info":null,"Task Info":{'),
  (line: string) => line.replace(/"Task Metrics":\{/, '"Task Metrics":null,"x":{'),
  (line: string) => line.replace('{"Event":', '{"Event":"SparkListenerTaskEnd","Event":'),
  (line: string) => line.replace(/\}$/, ',"Event":"SparkListenerLogStart","Spark Version":"9"}'),
  (line: string) => `${line} `,
  (line: string) => `${line}x`,
  (line: string) =>
    line.replace('"Accumulables":[', '"Accumulables":["a\\n\\"b\\u00e9\\/ü",-0.5e-7,true,false,null,[],{},'),
  (line: string) => line.replace('"Accumulables":[', '"Accumulables":["\\x",'),
  (line: string) => line.replace('"Accumulables":[', '"Accumulables":[01,'),
  (line: string) => line.replace('"Accumulables":[', '"Accumulables":[1.,'),
  (line: string) => line.replace('"Accumulables":[', '"Accumulables":[,'),
  (line: string) => line.replace('"Accumulables":[', `"Accumulables":[${'['.repeat(300)}${']'.repeat(300)},`),
  (line: string) => line.replace('"Accumulables":[', '"Accumulables":[{"Task Metrics":{"JVM GC Time":5}},'),
];

describe('the byte scanner', () => {
  it('reads real task events exactly as the full reader does [eventlog.fast-path-equal]', () => {
    expect(TASK_LINES.length).toBeGreaterThan(10);
    bothAgree(`${TASK_LINES.join('\n')}\n`);
  });

  it.each(oddSpellings.map((spell, i) => [i, spell] as const))(
    'agrees with the full reader on odd spelling %i [eventlog.fast-path-equal]',
    (_, spell) => {
      const lines = TASK_LINES.slice(0, 6);
      bothAgree(`${[...lines, ...lines.map(spell), ...lines].join('\n')}\n`);
    },
  );

  it.each([
    ['times of requests', '"Remote Requests Duration":0', '"Remote Requests Duration":17'],
    ['push-based shuffle', '"Merged Local Chunks Fetched":0', '"Merged Local Chunks Fetched":5'],
    ['no push-based shuffle', '"Push Based Shuffle":{', '"Push Based Shuffle":null,"x":{'],
    ['push-based shuffle twice', '"Push Based Shuffle":{', '"Push Based Shuffle":{},"Push Based Shuffle":{'],
    ['a negative chunk', '"Merged Remote Bytes Read":0', '"Merged Remote Bytes Read":-1'],
  ])('reads %s of a shuffle as the full reader does [history-rest-model.task-metrics]', (_, from, to) => {
    const ends = TASK_LINES.filter((line) => line.includes(from));
    expect(ends.length).toBeGreaterThan(0);
    bothAgree(`${ends.flatMap((line) => [line, line.replace(from, to)]).join('\n')}\n`);
  });

  it('gives shuffle metrics columns of their own [history-rest-model.task-metrics]', () => {
    const end = (TASK_LINES.find((line) => line.includes('"Push Based Shuffle"')) ?? '')
      .replace('"Remote Requests Duration":0', '"Remote Requests Duration":17')
      .replace('"Merged Remote Requests Duration":0', '"Merged Remote Requests Duration":9')
      .replace('"Merged Local Chunks Fetched":0', '"Merged Local Chunks Fetched":5');
    const { columns } = scanAll(Buffer.from(`${end}\n`), createScanner).tasks;
    expect(columns).toMatchObject({
      shuffleRemoteReqsDurationMs: [17],
      shuffleMergedRemoteReqsDurationMs: [9],
      shuffleMergedLocalChunksFetched: [5],
      shuffleMergedRemoteBytesRead: [0],
    });
  });

  it('cuts other events down without a difference [eventlog.fast-path-equal]', () => {
    bothAgree(`${LINES.join('\n')}\n`);
  });

  it.each(['JobStart', 'StageSubmitted', 'StageCompleted', 'SQLExecutionStart', 'SQLAdaptiveExecutionUpdate'])(
    'agrees with the full reader on any damage to a %s line [eventlog.fast-path-equal]',
    (event) => {
      const line = Buffer.from(LINES.find((text) => text.slice(0, 120).includes(`${event}"`)) ?? '', 'utf8');
      expect(line.length).toBeGreaterThan(100);
      const edit = fc.record({
        at: fc.nat(line.length - 1),
        byte: fc.constantFrom(...Buffer.from('"\\{}[],:0a \n\u00e9')),
      });
      fc.assert(
        fc.property(fc.array(edit, { minLength: 1, maxLength: 3 }), (edits) => {
          const copy = Buffer.concat([line, Buffer.from('\n')]);
          for (const { at, byte } of edits) copy[at] = byte;
          bothAgree(copy);
        }),
        { numRuns: 150 },
      );
    },
  );

  it('agrees with the full reader on any damage to a line [eventlog.fast-path-equal]', () => {
    const line = Buffer.from(TASK_LINES.find((text) => text.includes('TaskEnd')) ?? '', 'utf8');
    fc.assert(
      fc.property(
        fc.array(fc.record({ at: fc.nat(line.length - 1), byte: fc.nat(255) }), { minLength: 1, maxLength: 4 }),
        (edits) => {
          const copy = Buffer.concat([line, Buffer.from('\n')]);
          for (const { at, byte } of edits) copy[at] = byte;
          bothAgree(copy);
        },
      ),
      { numRuns: 400 },
    );
  });

  it('agrees with the full reader on spliced lines [eventlog.fast-path-equal]', () => {
    const [a = '', b = ''] = TASK_LINES.filter((text) => text.includes('TaskEnd'));
    fc.assert(
      fc.property(fc.nat(a.length), fc.nat(b.length), (cutA, cutB) =>
        bothAgree(`${a.slice(0, cutA)}${b.slice(cutB)}\n${b}\n`),
      ),
      { numRuns: 400 },
    );
  });

  it('leaves an incomplete line to the next call [eventlog.stream-equals-batch]', () => {
    const text = `${TASK_LINES[0]}\n${TASK_LINES[1]}`;
    const { consumed, counts } = scanAll(Buffer.from(text), createScanner);
    expect(consumed).toBe((TASK_LINES[0]?.length ?? 0) + 1);
    expect(counts.eventCount).toBe(1);
  });

  it('keeps the order of rare events among task ends [eventlog.order-kept]', () => {
    const ends = TASK_LINES.filter((text) => text.includes('TaskEnd'));
    const rare = '{"Event":"SparkListenerExecutorRemoved","Timestamp":5,"Executor ID":"1","Removed Reason":"x"}';
    bothAgree(`${[ends[0], rare, ends[1], ends[2], rare].join('\n')}\n`);
  });

  it('hands strings beyond its table to the full reader [eventlog.fast-path-equal]', () => {
    const line = TASK_LINES.find((text) => text.includes('TaskStart')) ?? '';
    const lines = Array.from({ length: 4_500 }, (_, i) =>
      line.replace('"Executor ID":"driver"', `"Executor ID":"executor-${i}"`),
    );
    bothAgree(`${lines.join('\n')}\n`);
  });
});
