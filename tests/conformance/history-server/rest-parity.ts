import { type Address, addressesOf, LIST_ADDRESSES } from './rest-addresses.ts';
import { compareJson } from './rest-compare.ts';

/** What a server answered. */
export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

/** A difference that is meant: where, and why. */
export interface AllowedDifference {
  readonly endpoint: RegExp;
  /** Of the field, as `Difference.path`; `status`, `type` and `body` stand for those of the answer. */
  readonly path: RegExp;
  /** Allowed of applications without an end alone. */
  readonly onlyWithoutEnd?: boolean;
  readonly reason: string;
}

/** One kind of difference. */
export interface FoundDifference {
  readonly endpoint: string;
  readonly path: string;
  count: number;
  /** The first one. */
  readonly example: string;
  /** Null: nobody allowed it. */
  readonly reason: string | null;
}

/** What was compared of one endpoint. */
export interface EndpointParity {
  answers: number;
  /** Answers that are the same byte for byte. */
  identical: number;
  fields: number;
  different: number;
}

/** The outcome of asking both servers everything. */
export interface Parity {
  readonly endpoints: ReadonlyMap<string, EndpointParity>;
  readonly differences: readonly FoundDifference[];
}

/** Requests on their way at once: two servers share the cores. */
const AT_ONCE = 4;

/** Asks both servers about every application that the History Server lists, every attempt, job, stage and execution. */
export async function measureParity(
  theirUrl: string,
  ourUrl: string,
  allowed: readonly AllowedDifference[],
): Promise<Parity> {
  const theirs = (path: string) => askServer(theirUrl, path);
  const applications = JSON.parse((await theirs('/applications')).body) as Array<{
    id: string;
    attempts: Array<{ attemptId?: string; completed: boolean }>;
  }>;
  const ended = applications.filter(({ attempts }) => attempts.every(({ completed }) => completed));
  const run = new ParityRun(
    allowed,
    ended.map(({ id }) => id),
  );
  const addresses: Address[] = [...LIST_ADDRESSES];
  for (const application of applications) {
    for (const { attemptId } of application.attempts)
      addresses.push(...(await addressesOf(theirs, application, attemptId)));
    // An address without an attempt is another question where there are attempts.
    if (application.attempts.every(({ attemptId }) => attemptId !== undefined))
      for (const rest of ['', '/jobs', '/stages/0', '/executors', '/sql', '/7/jobs', '/7/logs', '/7'])
        addresses.push({ endpoint: 'no attempt', path: `/applications/${application.id}${rest}` });
  }
  const next = addresses.values();
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (const { endpoint, path } of next)
        run.compare(endpoint, path, await theirs(path), await askServer(ourUrl, path));
    }),
  );
  return run.parity();
}

/** GET of an address below `/api/v1`. */
export async function askServer(url: string, path: string): Promise<Answer> {
  const response = await fetch(`${url}/api/v1${path}`);
  return { status: response.status, type: response.headers.get('content-type') ?? '', body: await response.text() };
}

class ParityRun {
  readonly #allowed: readonly AllowedDifference[];
  /** Ids of applications that have ended. */
  readonly #ended: ReadonlySet<string>;
  readonly #endpoints = new Map<string, EndpointParity>();
  readonly #differences = new Map<string, FoundDifference>();

  constructor(allowed: readonly AllowedDifference[], ended: readonly string[]) {
    this.#allowed = allowed;
    this.#ended = new Set(ended);
  }

  compare(endpoint: string, path: string, theirs: Answer, ours: Answer): void {
    const row = this.#row(endpoint);
    row.answers += 1;
    row.fields += 1;
    if (theirs.status !== ours.status) {
      this.#differ(
        endpoint,
        'status',
        path,
        `${theirs.status} ${theirs.body.slice(0, 300)}`,
        `${ours.status} ${ours.body.slice(0, 300)}`,
      );
      return;
    }
    row.fields += 1;
    if (theirs.type !== ours.type) this.#differ(endpoint, `type ${theirs.status}`, path, theirs.type, ours.type);
    if (theirs.body === ours.body) row.identical += 1;
    if (theirs.type === 'application/json' && theirs.status === 200) this.#compareJson(endpoint, path, theirs, ours);
    else if (theirs.type === ours.type) {
      row.fields += 1;
      if (theirs.body !== ours.body) this.#differ(endpoint, 'body', path, theirs.body, ours.body);
    }
  }

  parity(): Parity {
    const differences = [...this.#differences.values()].sort(
      (a, b) => a.endpoint.localeCompare(b.endpoint) || b.count - a.count,
    );
    return { endpoints: this.#endpoints, differences };
  }

  #compareJson(endpoint: string, path: string, theirs: Answer, ours: Answer): void {
    const { fields, differences } = compareJson(theirs.body, ours.body);
    this.#row(endpoint).fields += fields;
    for (const one of differences) this.#differ(endpoint, one.path, path, one.theirs, one.ours);
  }

  #differ(endpoint: string, field: string, path: string, theirs: string, ours: string): void {
    this.#row(endpoint).different += 1;
    const reason = this.#reasonOf(endpoint, field, path);
    const key = `${endpoint} ${field} ${reason}`;
    const known = this.#differences.get(key);
    if (known !== undefined) {
      known.count += 1;
      return;
    }
    const example = `${path}: ${theirs.slice(0, 200)} <> ${ours.slice(0, 200)}`;
    this.#differences.set(key, { endpoint, path: field, count: 1, example, reason });
  }

  #reasonOf(endpoint: string, field: string, path: string): string | null {
    const hasEnded = this.#ended.has(/^\/applications\/([^/?]+)/.exec(path)?.[1] ?? '');
    const isAllowed = (one: AllowedDifference) =>
      one.endpoint.test(endpoint) && one.path.test(field) && !(hasEnded && one.onlyWithoutEnd === true);
    return this.#allowed.find(isAllowed)?.reason ?? null;
  }

  #row(endpoint: string): EndpointParity {
    const known = this.#endpoints.get(endpoint);
    if (known !== undefined) return known;
    const row = { answers: 0, identical: 0, fields: 0, different: 0 };
    this.#endpoints.set(endpoint, row);
    return row;
  }
}

/** The parity table, and below it every kind of difference with its reason. */
export function renderParity({ endpoints, differences }: Parity): string {
  const rows = [...endpoints].sort(([a], [b]) => a.localeCompare(b)).map(([endpoint, row]) => [endpoint, row] as const);
  const total = rows.reduce(
    (sum, [, row]) => ({
      answers: sum.answers + row.answers,
      identical: sum.identical + row.identical,
      fields: sum.fields + row.fields,
      different: sum.different + row.different,
    }),
    { answers: 0, identical: 0, fields: 0, different: 0 },
  );
  const line = (name: string, row: EndpointParity): string =>
    [
      name.padEnd(14),
      String(row.answers).padStart(8),
      String(row.identical).padStart(10),
      String(row.fields).padStart(10),
      String(row.different).padStart(10),
      `${(shareOf(row) * 100).toFixed(3)} %`.padStart(11),
    ].join('');
  return [
    `${'endpoint'.padEnd(14)}${'answers'.padStart(8)}${'identical'.padStart(10)}${'fields'.padStart(10)}${'different'.padStart(10)}${'equal'.padStart(11)}`,
    ...rows.map(([endpoint, row]) => line(endpoint, row)),
    line('all', total),
    '',
    ...differences.map(
      ({ endpoint, path, count, example, reason }) =>
        `${endpoint} ${path}: ${count} (${reason ?? `NOT ALLOWED; ${example}`})`,
    ),
  ].join('\n');
}

/** The part of the fields that are equal. */
export const shareOf = ({ fields, different }: EndpointParity): number => 1 - different / Math.max(1, fields);
