import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import yauzl from 'yauzl';
import { type App, createApp } from '../../src/app.ts';
import { loadConfiguration } from '../../src/configuration/index.ts';
import { ALLOWED_DIFFERENCES } from '../conformance/history-server/rest-differences.ts';
import { fuzzAddresses } from '../conformance/history-server/rest-fuzz.ts';
import {
  askServer,
  measureParity,
  type Parity,
  renderParity,
  shareOf,
} from '../conformance/history-server/rest-parity.ts';
import { type HistoryServer, KEEP_EVERYTHING, startHistoryServer } from '../stack/history-server.ts';

const FIXTURES = fileURLToPath(new URL('../fixtures/spark/', import.meta.url));
const EXAMPLES = fileURLToPath(new URL('../../examples/event-logs/', import.meta.url));
/** Logs of which another one has the name or the application: they need a folder of their own. */
const ASIDE = new Set(['4.3/in-progress-zstd', '4.3/rolling-many-files', '4.3/two-attempts']);
/** The name that --event-logs gives its source. */
const SOURCE = 'event-logs';
const GOAL = 0.999;
const CUT_LOG = 'local-1795245203598';
const FUZZED_ADDRESSES = 1500;
/** Half a minute on an idle machine; the History Server shares its cores with whatever else is tested. */
const PARITY_TIMEOUT_MS = 900_000;
const FUZZ_SEED = 20261121;

interface Side {
  readonly theirs: HistoryServer;
  readonly app: App;
  readonly ours: string;
  readonly folder: string;
}

let work: string;
const sides: Side[] = [];

beforeAll(async () => {
  work = mkdtempSync(join(tmpdir(), 'headgate-rest-parity-'));
  const folders = gatherLogs(work);
  sides.push(...(await Promise.all(folders.map(startSide))));
}, PARITY_TIMEOUT_MS);

afterAll(async () => {
  await Promise.all(sides.flatMap(({ theirs, app }) => [theirs.stop(), app.close()]));
  rmSync(work, { recursive: true, force: true });
});

/** Every log that a History Server reads, in two folders. */
function gatherLogs(into: string): string[] {
  const main = join(into, 'main');
  const aside = join(into, 'aside');
  const index = JSON.parse(readFileSync(join(FIXTURES, 'index.json'), 'utf8')) as Array<{ id: string; path: string }>;
  for (const folder of [main, aside]) mkdirSync(folder);
  for (const { id, path } of index) {
    const folder = ASIDE.has(id) ? aside : main;
    // Spark reads no logs of Databricks.
    if (id.startsWith('databricks/')) continue;
    if (id === '4.3/two-attempts')
      for (const name of readdirSync(join(FIXTURES, path))) copy(join(FIXTURES, path, name), folder);
    else copy(join(FIXTURES, path), folder);
  }
  for (const name of readdirSync(EXAMPLES)) if (name !== 'README.md') copy(join(EXAMPLES, name), main);
  return [main, aside];
}

/** Times of whole seconds: a copy must not round what is compared. */
function copy(from: string, folder: string): void {
  const to = join(folder, basename(from));
  cpSync(from, to, { recursive: true });
  const files = statSync(to).isDirectory() ? readdirSync(to).map((name) => join(to, name)) : [to];
  files.forEach((file, i) => {
    utimesSync(file, 1_795_250_000 + i, 1_795_250_000 + i);
  });
}

async function startSide(folder: string): Promise<Side> {
  const count = new Set(readdirSync(folder).map((name) => name.replace(/_\d+$/, ''))).size;
  const theirs = await startHistoryServer({
    logDirectory: folder,
    properties: {
      ...KEEP_EVERYTHING,
      'spark.history.retainedApplications': '100',
      'spark.history.fs.logDirectory.names': SOURCE,
    },
    memory: '1g',
  });
  await theirs.waitForApplications(count);
  const app = await createApp(
    await loadConfiguration(
      { eventLogs: folder },
      {
        env: { HEADGATE_HOME: join(folder, '..', `home-${basename(folder)}`), LOG_LEVEL: 'silent' },
        workingDirectory: work,
      },
    ),
  );
  const { url } = await app.gateway.listen({ host: '127.0.0.1', port: 0 });
  return { theirs, app, ours: url, folder };
}

describe('the REST of a real History Server of Spark 4.3, on the same logs', () => {
  it(
    'is answered field by field [history-rest.parity]',
    async () => {
      for (const { theirs, ours } of sides) {
        const parity = await measureParity(theirs.url, ours, ALLOWED_DIFFERENCES);
        process.stdout.write(`${renderParity(parity)}\n`);
        expect(parity.differences.filter(({ reason }) => reason === null)).toEqual([]);
        expect(shareOf(totalOf(parity))).toBeGreaterThanOrEqual(GOAL);
      }
    },
    PARITY_TIMEOUT_MS,
  );
});

describe('the zip of the event logs', () => {
  it('has the entries of the real one, byte for byte, but of a log that is cut [history-rest.logs] [history-rest.parity]', async () => {
    for (const { theirs, ours, folder } of sides) {
      for (const path of await attemptPaths(theirs)) {
        const expected = await zipEntries(`${theirs.url}/api/v1${path}/logs`);
        const actual = await zipEntries(`${ours}/api/v1${path}/logs`);
        expect(actual.headers, path).toEqual(expected.headers);
        // What cannot be decoded cannot be looked through for secrets: it leaves decoded, up to where it is cut.
        const isCut = folder.endsWith('main') && path.endsWith(CUT_LOG);
        if (isCut) expect([...actual.entries.keys()]).toEqual([`${CUT_LOG}.inprogress`]);
        else expect(actual.entries, path).toEqual(expected.entries);
      }
    }
  });
});

describe('addresses and parameters at random', () => {
  it('are answered with the class of status that the real server answers with, and never fail [history-rest.fuzz]', async () => {
    const [side] = sides as [Side];
    const ids = ((await side.theirs.get('/applications?limit=4')) as Array<{ id: string }>).map(({ id }) => id);
    const wrong: string[] = [];
    for (const path of fuzzAddresses([...ids, 'nope'], FUZZED_ADDRESSES, FUZZ_SEED)) {
      const [expected, actual] = await Promise.all([askServer(side.theirs.url, path), askServer(side.ours, path)]);
      const sameClass = classOf(expected.status) === classOf(actual.status);
      // What breaks Spark's server must not break this one.
      const isTheirFailure = expected.status === 500;
      const isOurFailure = actual.status >= 500 && actual.status !== expected.status;
      if (actual.status === 500 || isOurFailure || (!sameClass && !isTheirFailure))
        wrong.push(`${path}: ${expected.status} <> ${actual.status} ${actual.body.slice(0, 200)}`);
    }
    expect(wrong).toEqual([]);
  });
});

const classOf = (status: number): number => Math.floor(status / 100);

async function attemptPaths(server: HistoryServer): Promise<string[]> {
  const applications = (await server.get('/applications')) as Array<{
    id: string;
    attempts: Array<{ attemptId?: string }>;
  }>;
  return applications.flatMap(({ id, attempts }) => [
    `/applications/${id}`,
    ...attempts.flatMap(({ attemptId }) => (attemptId === undefined ? [] : [`/applications/${id}/${attemptId}`])),
  ]);
}

/** Contents by name: a zip has no order that anybody relies on. */
async function zipEntries(url: string) {
  const response = await fetch(url);
  const headers = ['content-type', 'content-disposition'].map((name) => response.headers.get(name));
  const zip = await yauzl.fromBufferPromise(Buffer.from(await response.arrayBuffer()));
  const entries = new Map<string, string>();
  for await (const entry of zip.eachEntry()) {
    const hash = createHash('sha256');
    if (!entry.fileName.endsWith('/'))
      for await (const chunk of await zip.openReadStreamPromise(entry)) hash.update(chunk);
    entries.set(entry.fileName, hash.digest('hex'));
  }
  return { headers, entries };
}

function totalOf({ endpoints }: Parity) {
  const sum = { answers: 0, identical: 0, fields: 0, different: 0 };
  for (const row of endpoints.values()) {
    sum.fields += row.fields;
    sum.different += row.different;
  }
  return sum;
}
