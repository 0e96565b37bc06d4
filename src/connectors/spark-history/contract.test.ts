import { readdirSync } from 'node:fs';
import path from 'node:path';
import { encode } from 'gpt-tokenizer/encoding/o200k_base';
import { describe, expect, it } from 'vitest';
import type { Table } from '../../kernel/table.ts';
import type { Output, Tool, ToolDefinition } from '../../kernel/tool.ts';
import { buildApplication, planNode } from './fixtures/application-builder.ts';
import { argumentsFor as argumentsAbout } from './fixtures/arguments-for.ts';
import { FakeEngine, fakeHistory, fakeLog, historyOf, toolContext } from './fixtures/fake-logs.ts';
import { PLANTED, SECRET, sampleApplication } from './fixtures/sample-application.ts';
import { sparkHistorySurface } from './surface.ts';

/** The older vocabulary: thin definitions over the same queries, left out of the compact toolset. */
const OLDER_NAMES = [
  'compare_sql_execution_plans',
  'get_application',
  'get_executor',
  'get_stage_task_summary',
  'list_slowest_jobs',
  'list_slowest_sql_queries',
  'list_slowest_stages',
];
const TOOLS_FOLDER = path.join(import.meta.dirname, 'tools');
const RESULT_TOKENS = 4000;
/** What hosts pass on in one message without complaint. */
const VIEW_CHARS = 250_000;

const pair = sampleApplication({ appId: 'app-2', name: 'the night before' });
const history = historyOf(sampleApplication(), pair);
const { tools, resources, prompts } = sparkHistorySurface(history);

/** Arguments with which a tool answers about the sample applications. */
const argumentsFor = (tool: Tool, appId = 'app-1') => argumentsAbout(tool, appId);

async function call(tool: Tool, input: Record<string, unknown>, signal?: AbortSignal): Promise<Output> {
  return tool.call(tool.input.parse(input), toolContext(signal));
}

/** Every result of every tool on the sample, with everything optional switched on. */
async function everything(tool: Tool): Promise<Output[]> {
  const switches = Object.entries(tool.input.shape)
    .filter(([name, schema]) => /^(include|with)_/.test(name) && schema.safeParse(true).success)
    .map(([name]) => [name, true]);
  const input = argumentsFor(tool);
  return Promise.all([call(tool, input), call(tool, { ...input, ...Object.fromEntries(switches) })]);
}

const strings = (value: unknown): string[] => {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [key, ...strings(inner)]);
};

const numbers = (value: unknown): number[] => {
  if (typeof value === 'number') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(numbers) : [];
};

describe('the surface', () => {
  it('has a file, an export and a test named after each tool [spark-history.one-tool-one-file]', async () => {
    const files = readdirSync(TOOLS_FOLDER).filter((name) => name.endsWith('.ts'));
    const expected = tools.map(({ name }) => name.replaceAll('_', '-'));
    expect(files.filter((name) => !name.endsWith('.test.ts')).sort()).toEqual(
      expected.map((name) => `${name}.ts`).sort(),
    );
    expect(files.filter((name) => name.endsWith('.test.ts')).sort()).toEqual(
      expected.map((name) => `${name}.test.ts`).sort(),
    );
    for (const name of expected) {
      const exported = name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
      const module: Record<string, ToolDefinition<unknown>> = await import(path.join(TOOLS_FOLDER, `${name}.ts`));
      expect(Object.keys(module)).toEqual([exported]);
      expect(module[exported]?.name).toBe(name.replaceAll('-', '_'));
    }
  });

  it('only reads', () => {
    expect(new Set(tools.map(({ risk }) => risk))).toEqual(new Set(['read']));
  });

  it('puts every tool into spark-history, and all but the older names into the compact toolset [spark-history.compact-toolset]', () => {
    expect(tools.filter(({ toolsets }) => !toolsets.includes('spark-history'))).toEqual([]);
    const left = tools.filter(({ toolsets }) => !toolsets.includes('spark-history-compact')).map(({ name }) => name);
    expect(left.sort()).toEqual(OLDER_NAMES);
  });

  it('names every field that carries a quantity after its unit', () => {
    const unitless = tools
      .flatMap(({ output }) => strings(Object.keys(output.shape)))
      .filter((name) => /(duration|bytes|memory|time)$/.test(name));
    expect(unitless.filter((name) => !/_(bytes|ms)$|_time$/.test(name))).toEqual([]);
  });
});

describe.each(tools.map((tool) => [tool.name, tool] as const))('%s', (_, tool) => {
  it('answers in the form of its own schema [spark-history.outputs-fit-schemas]', async () => {
    for (const output of await everything(tool)) {
      expect(tool.output.strict().safeParse(output).error).toBeUndefined();
    }
  });

  it('answers about an empty application without inventing anything [spark-history.numbers-are-sane]', async () => {
    const empty = buildApplication({
      startTime: null,
      endTime: null,
      lastEventTime: null,
      stages: [{ stageId: 1, submitted: null, completed: null }],
      executors: [{ executorId: '2', added: null }],
      sqlExecutions: [{ executionId: 0, submitted: null, completed: null }],
    });
    const bound = sparkHistorySurface(historyOf(empty, { ...empty, appId: 'app-2' })).tools.find(
      ({ name }) => name === tool.name,
    );
    const output = await call(bound as Tool, argumentsFor(tool));
    expect(tool.output.safeParse(output).error).toBeUndefined();
    expect(numbers(output).filter((value) => !Number.isFinite(value) || value < 0)).toEqual([]);
  });

  it('never gives a negative or impossible number when clocks ran backwards [spark-history.numbers-are-sane]', async () => {
    const backwards = sampleApplication({ startTime: 1_900_000_000_000 });
    const bound = sparkHistorySurface(historyOf(backwards, pair)).tools.find(({ name }) => name === tool.name);
    const output = await call(bound as Tool, argumentsFor(tool));
    expect(numbers(output).filter((value) => !Number.isFinite(value))).toEqual([]);
    expect(strings(output).filter((text) => /NaN|Infinity|Invalid Date/.test(text))).toEqual([]);
  });

  it('shows no secret of the log [spark-history.secrets-redacted]', async () => {
    expect(JSON.stringify(await everything(tool))).not.toContain(SECRET);
  });

  it('shows text of the log only inside « » [spark-history.log-text-quoted]', async () => {
    const outside = (await everything(tool)).flatMap(strings).map((text) => text.replace(/«[^»]*»/g, ''));
    expect(outside.filter((text) => text.includes(PLANTED))).toEqual([]);
  });

  it('shows names of the log that could be sentences only inside « » [spark-history.log-text-quoted]', async () => {
    const plain = sampleApplication({ name: PLANTED, user: PLANTED });
    const planted = {
      ...plain,
      jobs: plain.jobs.map((job) => ({ ...job, name: PLANTED, description: null })),
      stages: plain.stages.map((stage) => ({ ...stage, name: PLANTED })),
      executors: plain.executors.map((executor) => ({ ...executor, host: PLANTED })),
      sqlExecutions: plain.sqlExecutions.map((sql) => ({
        ...sql,
        plan: planNode(`Scan JDBCRelation((SELECT 1 /* ${PLANTED} */))`, {
          metrics: [{ name: `${PLANTED}`, accumulatorId: 2, type: 'timing' }],
          children: [planNode(PLANTED, { metrics: [{ name: 'scan time', accumulatorId: 2, type: 'timing' }] })],
        }),
      })),
    };
    const bound = sparkHistorySurface(historyOf(planted, { ...planted, appId: 'app-2' })).tools.find(
      ({ name }) => name === tool.name,
    ) as Tool;
    const outputs = await everything(bound);
    const texts = outputs.map((output) => bound.renderText?.(output) ?? '');
    const outside = [...outputs.flatMap(strings), ...texts].map((text) => text.replace(/«[^«»]*»/g, ''));
    expect(outside.filter((text) => /IGNORE ALL|delete_everything/.test(text))).toEqual([]);
  });

  it('stops when its caller cancels [spark-history.peer-defect-8]', async () => {
    const engine = new FakeEngine({ '/logs': [sampleApplication(), pair].map((one) => fakeLog(one)) });
    engine.gate = engine.scanGate = new Promise(() => undefined);
    const bound = sparkHistorySurface(fakeHistory(engine)).tools.find(({ name }) => name === tool.name) as Tool;
    const controller = new AbortController();
    const running = call(bound, argumentsFor(tool), controller.signal);
    controller.abort();
    await expect(running).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('gives a default result within the budget on a large application [spark-history.result-budget]', async () => {
    const large = sparkHistorySurface(historyOf(largeApplication(), largeApplication('app-2'))).tools;
    const bound = large.find(({ name }) => name === tool.name) as Tool;
    const output = await call(bound, argumentsFor(tool));
    // A view reads it, no model does.
    if (tool.audience === 'view') expect(JSON.stringify(output).length).toBeLessThanOrEqual(VIEW_CHARS);
    else expect(encode(JSON.stringify(output)).length).toBeLessThanOrEqual(RESULT_TOKENS);
  });
});

describe.each(
  tools
    .filter(({ input }) => 'app_id' in input.shape && !('limit' in input.shape && !('app_attempt_id' in input.shape)))
    // Asks the running application itself: no log, no gaps of one.
    .filter(({ name }) => name !== 'get_executor_thread_dump')
    .map((tool) => [tool.name, tool] as const),
)('%s', (_, tool) => {
  it('offers the nearest id for an application that there is not [spark-history.unknown-id-nearest]', async () => {
    await expect(call(tool, argumentsFor(tool, 'app-11'))).rejects.toMatchObject({
      code: 'not_found',
      details: { nearest: ['app-1', 'app-2'] },
    });
  });

  it('states the gaps of the log [spark-history.gaps-stated]', async () => {
    const gap = { kind: 'damaged-lines' as const, message: '3 lines could not be read.', count: 3 };
    const damaged = sampleApplication({
      log: { incomplete: true, gaps: [gap], eventCount: 9, bytesRead: 9, unknownEvents: new Map() },
    });
    const bound = sparkHistorySurface(historyOf(damaged, pair)).tools.find(({ name }) => name === tool.name) as Tool;
    expect(JSON.stringify(await call(bound, argumentsFor(tool)))).toContain(gap.message);
  });
});

describe.each(tools.filter(({ input }) => 'cursor' in input.shape).map((tool) => [tool.name, tool] as const))(
  '%s',
  (_, tool) => {
    const bound = () =>
      sparkHistorySurface(historyOf(largeApplication(), largeApplication('app-2'))).tools.find(
        ({ name }) => name === tool.name,
      ) as Tool;
    const size = 'limit' in tool.input.shape ? 'limit' : 'length';
    const tableOf = (output: Output) =>
      Object.values(output).filter((value) => (value as Table).cursor !== undefined)[0] as Table | undefined;
    const namedTable = (output: Output, name: string) => output[name] as Table;

    it('gives pages that together are the whole, each row once [spark-history.paging-concatenates]', async () => {
      const input = argumentsFor(tool);
      const first = await call(bound(), { ...input, [size]: 7 });
      const name = Object.keys(first).find((key) => first[key] === tableOf(first)) ?? '';
      if (name === '') {
        expect(tool.name).toBe('list_applications');
        return;
      }
      const whole = namedTable(await call(bound(), { ...input, [size]: 10_000 }), name);
      const rows = [...namedTable(first, name).rows];
      for (let { cursor } = namedTable(first, name); cursor !== undefined; ) {
        const page = namedTable(await call(bound(), { ...input, [size]: 7, cursor }), name);
        expect(page.total).toBe(whole.total);
        rows.push(...page.rows);
        cursor = page.cursor;
      }
      expect(rows).toEqual(whole.rows);
      expect(namedTable(await call(bound(), { ...input, [size]: 7, offset: 14 }), name).rows).toEqual(
        whole.rows.slice(14, 21),
      );
    });

    it('refuses a cursor that is not its own', async () => {
      await expect(call(bound(), { ...argumentsFor(tool), cursor: 'page2' })).rejects.toMatchObject({
        code: 'invalid_argument',
      });
    });
  },
);

describe('resources and prompts', () => {
  it('are named once each', () => {
    const names = [...resources, ...prompts, ...tools].map(({ name }) => name);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });
});

/** Forty of everything, each with long texts. */
function largeApplication(appId = 'app-1') {
  const many = Array.from({ length: 40 }, (_, index) => index);
  const text = (index: number) => `${index} ${'org.example.Orders.process(Orders.scala:17) '.repeat(20)}`;
  return buildApplication({
    appId,
    jobs: many.map((jobId) => ({
      jobId,
      description: text(jobId),
      error: text(jobId),
      status: 'FAILED' as const,
      stageIds: many,
      sqlExecutionId: jobId,
    })),
    stages: many.map((stageId) => ({
      stageId,
      description: text(stageId),
      failureReason: text(stageId),
      status: 'FAILED' as const,
      name: text(stageId),
      tasks: many.map((index) => ({
        status: 'FAILED' as const,
        error: `${'abcdefghij'.repeat(3 + (index % 4))} ${text(index)}`,
        executor: String(index),
      })),
    })),
    executors: many.map((index) => ({
      executorId: String(index),
      host: `ip-10-0-0-${index}.eu-west-1.compute.internal`,
      removed: index === 2 ? null : 1000 * index,
      removeReason: text(index),
      active: true,
    })),
    sqlExecutions: many.map((executionId) => ({
      executionId,
      description: text(executionId),
      error: text(executionId),
      status: 'FAILED' as const,
      jobIds: many,
      stageIds: many,
    })),
    environment: {
      spark: Object.fromEntries(
        many.map((index) => [`spark.some.property.number.${index}`, `${appId} ${text(index)}`]),
      ),
      classpath: Object.fromEntries(many.map((index) => [`/opt/spark/jars/library-${index}.jar`, 'System Classpath'])),
    },
  });
}
