import type { Connection, PoolClient, Submittable } from 'pg';
import { HeadgateError } from '../../../kernel/errors.ts';

/** One column of a result as the server describes it. */
export interface WireField {
  readonly name: string;
  readonly dataTypeID: number;
  readonly dataTypeModifier: number;
}

/** Rows as they came: text, or null. */
export type WireRow = ReadonlyArray<string | null>;

/** What one round trip gave. */
export interface WireRows {
  readonly fields: readonly WireField[];
  readonly rows: WireRow[];
  /** `more`: the portal has further rows. `cut`: rows were left out because these are large already. */
  readonly state: 'done' | 'more' | 'cut';
  /** Command and count as the server ended it: `SELECT 3`, `INSERT 0 5`; null while there are more rows. */
  readonly tag: string | null;
  /** Rows that came, also those that were left out. */
  readonly received: number;
}

/** What a statement is run with. */
export interface WireStatement {
  /** Statements that go before it in the same round trip, such as BEGIN. */
  readonly preamble: readonly string[];
  readonly text: string;
  readonly values: ReadonlyArray<string | null>;
  /** Rows of the first page. 0: all. */
  readonly rows: number;
  /** Rows that are kept; the others are counted. All when absent. */
  readonly keep?: number | undefined;
}

/** The portal that stays open between pages. */
const PORTAL = 'headgate';

/** Rows are kept up to this size; what comes after it on the same round trip is left out. Characters. */
const KEPT_CHARS = 8 * 1024 * 1024;
/** What may arrive in one round trip before the connection is given up. Bytes. */
const MAX_BYTES = 64 * 1024 * 1024;

/** Parts of pg's connection that its own queries and cursors use, which its types leave out. */
interface Wire {
  readonly stream: NodeJS.ReadWriteStream & {
    readonly bytesRead: number;
    cork(): void;
    uncork(): void;
    destroy(error: Error): void;
  };
  once(event: 'parameterDescription', listener: (message: { dataTypeIDs: number[] }) => void): void;
  removeAllListeners(event: 'parameterDescription'): void;
  parse(message: { name?: string; text: string }): void;
  bind(message: { portal?: string; statement?: string; values?: ReadonlyArray<string | null> }): void;
  describe(message: { type: 'P' | 'S'; name?: string }): void;
  execute(message: { portal?: string; rows?: number }): void;
  sync(): void;
}

/** Runs a statement by the extended protocol, which takes exactly one, with all that goes before it in a single round trip. */
export function openPortal(client: PoolClient, statement: WireStatement): Promise<WireRows> {
  return submit(client, statement);
}

/** The next rows of the portal that `openPortal` left open in its transaction. */
export function fetchFromPortal(client: PoolClient, rows: number, fields: readonly WireField[]): Promise<WireRows> {
  return submit(client, { rows, fields });
}

/** Types that the server gives the parameters of a statement: object identifiers, in the order of `$1, $2 …`. One round trip; runs nothing. */
export function describeParameters(client: PoolClient, text: string): Promise<readonly number[]> {
  return new Promise((resolve, reject) => {
    client.query(new Description(text, resolve, reject));
  });
}

type Order = WireStatement | { readonly rows: number; readonly fields: readonly WireField[] };

function submit(client: PoolClient, order: Order): Promise<WireRows> {
  return new Promise((resolve, reject) => {
    client.query(new RoundTrip(order, resolve, reject));
  });
}

/** One round trip of the extended protocol. The client of pg calls its methods as messages come. */
class RoundTrip implements Submittable {
  readonly #order: Order;
  readonly #resolve: (rows: WireRows) => void;
  readonly #reject: (error: unknown) => void;
  readonly #rows: WireRow[] = [];
  #fields: readonly WireField[] = [];
  #preambleLeft = 0;
  #state: WireRows['state'] = 'done';
  #tag: string | null = null;
  #chars = 0;
  #received = 0;
  #unwatch = () => {};

  constructor(order: Order, resolve: (rows: WireRows) => void, reject: (error: unknown) => void) {
    this.#order = order;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  submit(connection: Connection): undefined {
    const wire = connection as unknown as Wire;
    this.#watch(wire);
    wire.stream.cork();
    if ('fields' in this.#order) this.#fields = this.#order.fields;
    else this.#begin(wire, this.#order);
    wire.execute({ portal: PORTAL, rows: this.#order.rows });
    wire.sync();
    wire.stream.uncork();
  }

  #begin(wire: Wire, { preamble, text, values }: WireStatement): void {
    this.#preambleLeft = preamble.length;
    for (const before of preamble) {
      wire.parse({ text: before });
      wire.bind({});
      wire.execute({});
    }
    wire.parse({ text });
    wire.bind({ portal: PORTAL, values });
    wire.describe({ type: 'P', name: PORTAL });
  }

  /** A row may be up to 1 GB, and pg gathers it in memory before it hands it on. */
  #watch({ stream }: Wire): void {
    const start = stream.bytesRead;
    const look = () => {
      if (stream.bytesRead - start <= MAX_BYTES) return;
      this.#unwatch();
      stream.destroy(tooLarge());
    };
    stream.on('data', look);
    this.#unwatch = () => stream.removeListener('data', look);
  }

  handleRowDescription({ fields }: { fields: WireField[] }): void {
    this.#fields = fields;
  }

  handleDataRow({ fields }: { fields: Array<string | null> }): void {
    this.#received += 1;
    if ('keep' in this.#order && this.#order.keep !== undefined && this.#received > this.#order.keep) return;
    if (this.#chars > KEPT_CHARS) {
      this.#state = 'cut';
      return;
    }
    for (const text of fields) this.#chars += text === null ? 4 : text.length;
    this.#rows.push(fields);
  }

  handlePortalSuspended(): void {
    if (this.#state === 'done') this.#state = 'more';
  }

  handleCommandComplete({ text }: { text: string }): void {
    if (this.#preambleLeft > 0) this.#preambleLeft -= 1;
    else this.#tag = text;
  }

  handleEmptyQuery(): void {
    this.#tag = '';
  }

  handleReadyForQuery(): void {
    this.#unwatch();
    this.#resolve({
      fields: this.#fields,
      rows: this.#rows,
      state: this.#state,
      tag: this.#tag,
      received: this.#received,
    });
  }

  handleError(error: unknown): void {
    this.#unwatch();
    this.#reject(error);
  }

  handleCopyInResponse(connection: Connection): void {
    (connection as unknown as { sendCopyFail(reason: string): void }).sendCopyFail('COPY is not taken here');
  }

  handleCopyData(): void {}
}

/** Asks for the description of a statement, by the same protocol. */
class Description implements Submittable {
  readonly #text: string;
  readonly #resolve: (types: readonly number[]) => void;
  readonly #reject: (error: unknown) => void;
  #types: readonly number[] = [];
  #wire: Wire | null = null;

  constructor(text: string, resolve: (types: readonly number[]) => void, reject: (error: unknown) => void) {
    this.#text = text;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  submit(connection: Connection): undefined {
    const wire = connection as unknown as Wire;
    this.#wire = wire;
    wire.once('parameterDescription', ({ dataTypeIDs }) => {
      this.#types = dataTypeIDs;
    });
    wire.stream.cork();
    wire.parse({ text: this.#text });
    wire.describe({ type: 'S' });
    wire.sync();
    wire.stream.uncork();
  }

  handleRowDescription(): void {}

  handleReadyForQuery(): void {
    this.#resolve(this.#types);
  }

  handleError(error: unknown): void {
    this.#wire?.removeAllListeners('parameterDescription');
    this.#reject(error);
  }
}

function tooLarge(): HeadgateError {
  return new HeadgateError('failed_precondition', `The rows are larger than ${MAX_BYTES / 1024 / 1024} MiB together.`, {
    hint: 'Ask for fewer rows or columns, or for parts of long values: left(text, 1000), octet_length(bytes).',
    details: { sql_state: '54000', max_bytes: MAX_BYTES },
  });
}
