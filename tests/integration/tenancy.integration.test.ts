import { createHash } from 'node:crypto';
import { appendFileSync, copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type App, createApp } from '../../src/app.ts';
import { loadConfiguration } from '../../src/configuration/index.ts';
import { createSparkHistory } from '../../src/connectors/spark-history/connector.ts';
import type { Connector } from '../../src/kernel/connector.ts';
import type { Tool } from '../../src/kernel/tool.ts';
import { MIGRATIONS } from '../../src/store/migrations.ts';
import { openStore } from '../../src/store/open-store.ts';
import { openPostgres } from '../../src/store/postgres/open-postgres.ts';
import { APP_ID, REPOSITORY, Sandbox } from '../e2e/headgate-process.ts';
import { type Postgres, startPostgres } from '../stack/postgres.ts';

/** Two tenants with a source each, and the application in it. */
const TENANTS = {
  blue: { app: 'local-1795245870234', source: 'blue-lake', log: 'local-1795245870234.zstd' },
  green: { app: 'local-1795245906434', source: 'green-lake', log: 'local-1795245906434.zstd' },
} as const;
type Tenant = keyof typeof TENANTS;

/** An id as like the blue one as can be, that nobody has. */
const NOBODYS = 'local-1795245870235';
const ID = 'THE-ID';

let postgres: Postgres;
let login: Awaited<ReturnType<Postgres['createDatabase']>>;
let folder: string;
let app: App;
let url: string;
/** The product's connector, for its lists: whatever is added to them is asked too. */
let surface: Connector;

beforeAll(async () => {
  postgres = await startPostgres();
  const owner = await postgres.createDatabase();
  await (await openStore({ url: postgres.url(owner) })).close();
  await postgres.run(
    "create role runtime login noinherit password 'runtime'; grant headgate_app, headgate_upkeep to runtime",
  );
  login = { user: 'runtime', password: 'runtime', database: owner.database };
  folder = await mkdtemp(join(tmpdir(), 'headgate-tenancy-'));
  const lines = ['auth:', '  tokens:'];
  for (const tenant of ['blue', 'green']) {
    const sha256 = createHash('sha256')
      .update(tokenOf(tenant as Tenant))
      .digest('hex');
    lines.push(`    - { name: ${tenant}-person, sha256: ${sha256}, scopes: [read, write, admin], tenant: ${tenant} }`);
  }
  lines.push('spark_history:', '  sources:');
  for (const [tenant, { source, log }] of Object.entries(TENANTS)) {
    const logs = join(folder, `${tenant}-logs`);
    mkdirSync(logs);
    copyFileSync(join(REPOSITORY, 'examples', 'event-logs', log), join(logs, log));
    lines.push(`    ${source}: { path: ${logs}, tenants: [${tenant}] }`);
  }
  writeFileSync(join(folder, 'headgate.yaml'), `${lines.join('\n')}\n`);
  const env = {
    HEADGATE_HOME: join(folder, 'home'),
    HEADGATE_DATABASE_URL: postgres.url(login),
    HEADGATE_LOG_LEVEL: 'silent',
  };
  process.env.HEADGATE_DATABASE_URL = env.HEADGATE_DATABASE_URL;
  app = await createApp(await loadConfiguration({ config: join(folder, 'headgate.yaml') }, { env }));
  ({ url } = await app.gateway.listen({ host: '127.0.0.1', port: 0 }));
  surface = createSparkHistory({ sources: [] }, { clock: Date.now });
});

afterAll(async () => {
  delete process.env.HEADGATE_DATABASE_URL;
  await surface?.close();
  await app?.close();
  await postgres?.stop();
  rmSync(folder, { recursive: true, force: true });
});

function tokenOf(tenant: Tenant): string {
  return `hg_${tenant}-0123456789`;
}

/** What is of a tenant and of nobody else. */
function marksOf(tenant: Tenant): string[] {
  const { app: id, source } = TENANTS[tenant];
  return [id, source, `${tenant}-logs`, `${tenant}-person`];
}

function expectNothingOf(tenant: Tenant, text: string): void {
  for (const mark of marksOf(tenant)) expect(text).not.toContain(mark);
}

/** Status, headers that matter and body of a REST answer, with the id that was asked for taken out. */
async function ask(tenant: Tenant, path: string, id: string, body?: unknown): Promise<string> {
  const response = await fetch(`${url}${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { Authorization: `Bearer ${tokenOf(tenant)}`, 'Content-Type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = Buffer.from(await response.arrayBuffer()).toString('latin1');
  return `${response.status} ${response.headers.get('content-type')} ${text}`.replaceAll(id, ID);
}

/** Arguments that name an application wherever one can be named, and fill in what else is required. */
function argumentsOf(input: z.ZodObject, id: string, own?: string): Record<string, unknown> {
  const { properties = {}, required = [] } = z.toJSONSchema(input, { io: 'input' }) as {
    properties?: Record<string, { type?: string }>;
    required?: string[];
  };
  const names = Object.keys(properties).filter((name) => /^app_id\d?$|^baseline$|^candidate$/.test(name));
  const rest = required.filter((name) => !names.includes(name));
  const valueFor = (name: string, index: number) => {
    const value = own !== undefined && index === 0 ? own : id;
    if (properties[name]?.type !== 'array') return value;
    // Runs of two sides are not the same ones.
    const other = id === TENANTS.green.app ? NOBODYS : TENANTS.green.app;
    return [own === undefined && index > 0 ? other : value];
  };
  return {
    ...Object.fromEntries(names.map((name, index) => [name, valueFor(name, index)])),
    ...Object.fromEntries(rest.map((name) => [name, properties[name]?.type === 'integer' ? 0 : 'driver'])),
  };
}

/** False for a tool that is about all applications: nobody can name another tenant's to it. */
const namesAnApplication = ({ input }: Pick<Tool, 'input'>): boolean =>
  Object.keys(argumentsOf(input, NOBODYS)).length > 0;

async function connect(tenant: Tenant, mode: 'auto' | 'legacy' = 'legacy'): Promise<Client> {
  const client = new Client({ name: 'tenancy', version: '1' }, { versionNegotiation: { mode } });
  const headers = { Authorization: `Bearer ${tokenOf(tenant)}` };
  await client.connect(new StreamableHTTPClientTransport(new URL('/mcp', url), { requestInit: { headers } }));
  return client;
}

/** An answer or an error of MCP as text, with the id that was asked for taken out. */
async function said(answer: Promise<unknown>, id: string): Promise<string> {
  const text = await answer.then(
    (value) => JSON.stringify(value),
    (error: unknown) => `${error} ${JSON.stringify((error as { data?: unknown }).data)}`,
  );
  return text.replaceAll(id, ID).replaceAll(encodeURIComponent(id), ID);
}

describe('a tool', () => {
  it('says of another tenant’s application what it says of none, over REST and MCP [team.tenants-apart]', async () => {
    const [green, blue] = [await connect('green'), await connect('blue')];
    for (const { name, input } of surface.tools.filter(namesAnApplication)) {
      const call = (client: Client, id: string, own?: string) =>
        said(client.callTool({ name, arguments: argumentsOf(input, id, own) }), id);
      const rest = (tenant: Tenant, id: string) => ask(tenant, `/api/v1/tools/${name}`, id, argumentsOf(input, id));
      const foreign = await call(green, TENANTS.blue.app);
      expect([name, foreign]).toEqual([name, await call(green, NOBODYS)]);
      expect([name, await call(green, TENANTS.blue.app, TENANTS.green.app)]).toEqual([
        name,
        await call(green, NOBODYS, TENANTS.green.app),
      ]);
      expect([name, await rest('green', TENANTS.blue.app)]).toEqual([name, await rest('green', NOBODYS)]);
      expectNothingOf('blue', foreign);
      // The question is one that the owner gets something else for: else the comparison would say nothing.
      expect([name, await call(blue, TENANTS.blue.app)]).not.toEqual([name, await call(blue, NOBODYS)]);
    }
    await Promise.all([green.close(), blue.close()]);
  });

  it('says of another tenant’s source what it says of none [team.tenants-apart]', async () => {
    for (const { name, input } of surface.tools) {
      const withSource = (source: string, own: string) => {
        const shape = Object.keys(input.shape).filter((property) => /^server\d?$/.test(property));
        return { ...argumentsOf(input, own), ...Object.fromEntries(shape.map((property) => [property, source])) };
      };
      const at = (source: string) =>
        ask('green', `/api/v1/tools/${name}`, source, withSource(source, TENANTS.green.app));
      const foreign = await at(TENANTS.blue.source);
      expect([name, foreign]).toEqual([name, await at('clue-lake')]);
      expect([name, foreign.slice(0, 3)]).toEqual([name, '404']);
      expectNothingOf('blue', foreign);
    }
  });

  it('lists what is of the caller’s tenant [team.tenants-apart]', async () => {
    for (const [tenant, other] of [
      ['blue', 'green'],
      ['green', 'blue'],
    ] as const) {
      const listed = await ask(tenant, '/api/v1/tools/list_applications', 'nothing', {});
      expect(listed).toContain(TENANTS[tenant].app);
      expectNothingOf(other, listed);
    }
  });
});

describe('a route of the History Server', () => {
  it('says of another tenant’s application what it says of none [team.tenants-apart]', async () => {
    for (const { path } of surface.routes ?? []) {
      const address = (id: string) =>
        path
          .replace(':appId', id)
          .replace(':attemptId', '1')
          .replace(/:executorId/, 'driver')
          .replace(/:\w+\([^)]*\)/g, '0')
          .replace('*', 'more');
      const queries = ['', `?server=${TENANTS.green.source}`];
      for (const query of queries) {
        const foreign = await ask('green', address(TENANTS.blue.app) + query, TENANTS.blue.app);
        expect([path, foreign]).toEqual([path, await ask('green', address(NOBODYS) + query, NOBODYS)]);
        expectNothingOf('blue', foreign);
      }
      const elsewhere = await ask(
        'green',
        `${address(TENANTS.blue.app)}?server=${TENANTS.blue.source}`,
        TENANTS.blue.app,
      );
      expect([path, elsewhere.replaceAll(TENANTS.blue.source, 'S')]).toEqual([
        path,
        (await ask('green', `${address(NOBODYS)}?server=clue-lake`, NOBODYS)).replaceAll('clue-lake', 'S'),
      ]);
      if (!path.includes(':appId') || path.includes(':attemptId')) continue;
      expect([path, await ask('blue', address(TENANTS.blue.app), TENANTS.blue.app)]).not.toEqual([
        path,
        await ask('blue', address(NOBODYS), NOBODYS),
      ]);
    }
  });

  it('lists what is of the caller’s tenant [team.tenants-apart]', async () => {
    const listed = await ask('green', '/api/v1/applications', 'nothing');
    expect(listed).toContain(TENANTS.green.app);
    expectNothingOf('blue', listed);
  });
});

describe('resources, prompts and completions', () => {
  it('say of another tenant’s application what they say of none [team.tenants-apart]', async () => {
    const [green, blue] = [await connect('green'), await connect('blue')];
    const listed = JSON.stringify(await green.listResources());
    expect(listed).toContain(TENANTS.green.app);
    expectNothingOf('blue', listed);
    for (const { uriTemplate, complete } of surface.resources.filter((one) => one.uriTemplate.includes('{'))) {
      const read = (client: Client, id: string) => {
        const uri = uriTemplate.replace(/\{id\}/, encodeURIComponent(id)).replace(/\{\w+\}/g, '0');
        return said(client.readResource({ uri }), id);
      };
      const foreign = await read(green, TENANTS.blue.app);
      expect([uriTemplate, foreign]).toEqual([uriTemplate, await read(green, NOBODYS)]);
      expectNothingOf('blue', foreign);
      expect([uriTemplate, await read(blue, TENANTS.blue.app)]).not.toEqual([uriTemplate, await read(blue, NOBODYS)]);
      for (const variable of Object.keys(complete ?? {})) {
        const ref = { type: 'ref/resource' as const, uri: uriTemplate };
        await expectCompletionsApart(green, ref, variable);
      }
    }
    for (const { name, arguments: declared } of surface.prompts) {
      const get = (id: string) => {
        const values = declared.filter(({ required }) => required).map((argument) => [argument.name, id]);
        return said(green.getPrompt({ name, arguments: Object.fromEntries(values) }), id);
      };
      const foreign = await get(TENANTS.blue.app);
      expect([name, foreign]).toEqual([name, await get(NOBODYS)]);
      expectNothingOf('blue', foreign);
      for (const argument of declared) await expectCompletionsApart(green, { type: 'ref/prompt', name }, argument.name);
    }
    await Promise.all([green.close(), blue.close()]);
  });

  type Reference = { type: 'ref/resource'; uri: string } | { type: 'ref/prompt'; name: string };

  async function expectCompletionsApart(client: Client, ref: Reference, name: string): Promise<void> {
    for (const value of ['', 'local-17952458', 'blue', '0']) {
      const offered = (id: string) =>
        client.complete({
          ref,
          argument: { name, value },
          context: { arguments: { id, app_id: id, app_a: id, server: TENANTS.blue.source } },
        });
      const foreign = JSON.stringify(await offered(TENANTS.blue.app));
      expectNothingOf('blue', foreign);
      expect([name, foreign]).toEqual([name, JSON.stringify(await offered(NOBODYS))]);
    }
  }
});

describe('subscriptions', () => {
  it('to another tenant’s application are told nothing when it grows, and its own tenant is [team.tenants-apart]', async () => {
    const [sandbox, logs] = [await Sandbox.create(), join(folder, 'blue-logs', `${APP_ID}.inprogress`)];
    const lines = readFileSync(join(sandbox.eventLogs, APP_ID), 'utf8').split('\n');
    await sandbox.remove();
    writeFileSync(logs, `${lines.slice(0, 4).join('\n')}\n`);
    const uri = `spark://applications/${APP_ID}`;
    const told: string[] = [];
    const clients = await Promise.all(
      (['blue', 'green'] as const).flatMap((tenant) =>
        (['auto', 'legacy'] as const).map(async (mode) => {
          const client = await connect(tenant, mode);
          client.setNotificationHandler('notifications/resources/updated', ({ params }) => {
            told.push(`${tenant} ${mode} ${params.uri}`);
          });
          const answer =
            mode === 'auto'
              ? client.listen({ resourceSubscriptions: [uri] })
              : said(client.subscribeResource({ uri }), APP_ID);
          return { tenant, mode, client, answer: await answer };
        }),
      ),
    );
    const nobody = `spark://applications/${NOBODYS}`;
    const refused = clients.find(({ tenant, mode }) => tenant === 'green' && mode === 'legacy');
    expect(refused?.answer).toBe(
      await said(refused?.client.subscribeResource({ uri: nobody }) ?? Promise.reject(), NOBODYS),
    );
    appendFileSync(logs, `${lines.slice(4).join('\n')}\n`);
    // It grows until it is seen to: what was written before the first look at it is no change.
    for (let turn = 0; turn < 60 && new Set(told).size < 2; turn += 1) {
      appendFileSync(logs, '\n');
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    // Green is looked for as often as blue: another round of it goes by.
    appendFileSync(logs, '\n');
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    expect([...new Set(told)].sort()).toEqual([`blue auto ${uri}`, `blue legacy ${uri}`]);
    await Promise.all(clients.map(({ client }) => client.close()));
  });
});

describe('sessions and everything else', () => {
  it('of another tenant do not exist [team.tenants-apart] [team.sessions-bound]', async () => {
    const message = (method: string, params: object = {}) => JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
    const post = (tenant: Tenant, body: string, headers: Record<string, string> = {}) =>
      fetch(`${url}/mcp`, {
        method: 'POST',
        body,
        headers: {
          Authorization: `Bearer ${tokenOf(tenant)}`,
          'Content-Type': 'application/json',
          Accept: 'application/json, text/event-stream',
          ...headers,
        },
      });
    const initialize = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'raw', version: '1' } };
    const opened = await post('blue', message('initialize', initialize));
    await opened.text();
    const session = { 'Mcp-Session-Id': opened.headers.get('mcp-session-id') ?? '' };
    const call = message('tools/call', { name: 'list_applications', arguments: {} });
    expect((await post('green', call, session)).status).toBe(404);
    expect((await post('blue', call, session)).status).toBe(200);
  });

  it('of the gateway tells nothing of either [team.tenants-apart]', async () => {
    for (const path of ['/api/v1/tools', '/api/v1/openapi.json', '/health', '/.well-known/oauth-protected-resource']) {
      const text = await ask('green', path, 'nothing');
      expect([path, text.slice(0, 3)]).toEqual([path, '200']);
      expectNothingOf('blue', text);
    }
  });

  it('of the whole gateway is for its own tenant [team.tenants-apart]', async () => {
    expect(await ask('green', '/ready', 'nothing')).toBe('200 application/json; charset=utf-8 {"status":"ready"}');
    expect((await ask('green', '/metrics', 'nothing')).slice(0, 3)).toBe('403');
  });
});

describe('the store', () => {
  const administrator = (query: string) => postgres.run(query, { database: login.database });

  /** What a transaction of a tenant reads of a table, after a statement; null when the database denies it. */
  async function rowsSeen(tenant: string, first: string, table: string): Promise<unknown[] | null> {
    const database = await openPostgres(postgres.url(login), {
      migrations: MIGRATIONS,
      severalTenants: true,
      report: () => {},
    });
    try {
      return await database.transaction(tenant, async (queries) => {
        await sql.raw(first).execute(queries);
        return (await sql.raw(`select tenant from headgate.${table}`).execute(queries)).rows;
      });
    } catch (error) {
      expect((error as { cause?: { code?: string } }).cause?.code).toBe('42501');
      return null;
    } finally {
      await database.close();
    }
  }

  it('keeps rows of both tenants, and shows each its own, RESET ROLE or not [team.tenants-stored-apart]', async () => {
    for (const tenant of ['blue', 'green'] as const) {
      await ask(tenant, '/api/v1/tools/get_application', 'x', { app_id: TENANTS[tenant].app });
    }
    const tables = await administrator(
      "select c.relname as name from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant' where c.relnamespace = 'headgate'::regnamespace and c.relkind = 'r'",
    );
    expect(tables.length).toBeGreaterThan(1);
    for (const { name } of tables) {
      const table = String(name);
      const kept = await administrator(`select tenant from headgate.${table}`);
      if (table === 'audit') expect(new Set(kept.map(({ tenant }) => tenant))).toEqual(new Set(['blue', 'green']));
      for (const tenant of ['blue', 'green', 'red']) {
        const own = kept.filter((row) => row.tenant === tenant);
        expect([table, await rowsSeen(tenant, 'select 1', table)]).toEqual([table, own]);
        // The role behind it may read no table at all.
        expect([table, await rowsSeen(tenant, 'reset role', table)]).toEqual([table, null]);
      }
    }
  });
});
