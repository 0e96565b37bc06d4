import { readFileSync } from 'node:fs';
import { localityCode } from '../model/task-collector.ts';
import { RECORD_SLOTS, SLOT } from '../model/task-record.ts';
import { EVENT_MEMBERS, type Members } from './event-members.ts';
import { EventSink } from './event-sink.ts';
import type { ChunkScanner } from './line-scanner.ts';
import { type FieldSpec, TASK_END_FIELDS, TASK_START_FIELDS } from './task-fields.ts';

/** Bytes read at a time: large enough that calls cost nothing, small enough to stay near the processor. */
const BUFFER_BYTES = 2 << 20;
/** The scanner may look this far beyond the end of the input. */
const SLACK_BYTES = 64;
const WASM_PAGE_BYTES = 65_536;
const SCOPE_TASK_END = 1;
const SCOPE_TASK_START = 2;
const SCOPE_EVENTS = 3;
const KIND_CODES = { number: 1, string: 2, boolean: 3, object: 4, forbidden: 5, copy: 6, project: 7, name: 8 } as const;
/** Where the input begins in the scanner's memory: INPUT of assembly/scan.ts. */
const INPUT_OFFSET = 0x1f0000;
/** Numbers in one entry of the list of rare lines. */
const RARE_NUMBERS = 5;
const NEWLINE = 0x0a;

/** What scan.wasm exports; see assembly/scan.ts. */
interface ScanExports {
  readonly memory: WebAssembly.Memory;
  readonly KEY_BYTES: WebAssembly.Global<'i32'>;
  readonly RECORDS: WebAssembly.Global<'i32'>;
  readonly RARE: WebAssembly.Global<'i32'>;
  readonly INPUT: WebAssembly.Global<'i32'>;
  readonly recordCount: WebAssembly.Global<'i32'>;
  readonly rareCount: WebAssembly.Global<'i32'>;
  setRecordSlots(slots: number): void;
  addKey(scope: number, offset: number, length: number, kind: number, slot: number, child: number): void;
  scan(start: number, end: number): number;
  internOffset(id: number): number;
  internLength(id: number): number;
}

let compiled: WebAssembly.Module | null = null;

function compile(): WebAssembly.Module {
  compiled ??= new WebAssembly.Module(readFileSync(new URL('./scan.wasm', import.meta.url)));
  return compiled;
}

/** Scanners that wait for the next log: making one costs a millisecond and 4 MB, as much as reading a small log. */
const idle: ByteScanner[] = [];
const MAX_IDLE = 2;
/** A scanner that has seen this many different ids and hosts is let go: its table holds 4,096, and the rest is read slowly. */
const MAX_KEPT_TEXTS = 1_024;

/** Runs `use` with a scanner of its own. */
export async function withScanner<T>(use: (scanner: ChunkScanner) => Promise<T>): Promise<T> {
  const scanner = idle.pop() ?? new ByteScanner();
  try {
    return await use(scanner);
  } finally {
    if (idle.length < MAX_IDLE && scanner.textCount < MAX_KEPT_TEXTS) idle.push(scanner);
  }
}

/** The scanner that logs are read with: task events straight from the bytes, every other line to the sink. */
export function createScanner(): ChunkScanner {
  return new ByteScanner();
}

class ByteScanner implements ChunkScanner {
  readonly buffer: Uint8Array;
  #sink = new EventSink();
  readonly #wasm: ScanExports;
  readonly #memory: Uint8Array;
  readonly #records: Float64Array;
  readonly #rare: Uint32Array;
  readonly #input: number;
  /** By interned string id; filled when first met. */
  readonly #texts: string[] = [];
  #executorRows: number[] = [];
  #hostRows: number[] = [];
  readonly #localityCodes: number[] = [];

  constructor() {
    const pages = Math.ceil((INPUT_OFFSET + BUFFER_BYTES + SLACK_BYTES) / WASM_PAGE_BYTES);
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
    const instance = new WebAssembly.Instance(compile(), { env: { memory, abort: onAbort } });
    this.#wasm = { ...(instance.exports as unknown as ScanExports), memory };
    this.#memory = new Uint8Array(memory.buffer);
    this.#input = this.#wasm.INPUT.value;
    this.#records = new Float64Array(memory.buffer, this.#wasm.RECORDS.value);
    this.#rare = new Uint32Array(memory.buffer, this.#wasm.RARE.value);
    this.buffer = this.#memory.subarray(this.#input, this.#input + BUFFER_BYTES);
    this.#addKeys();
  }

  /** Distinct texts met so far. */
  get textCount(): number {
    return this.#texts.length;
  }

  begin(sink: EventSink): void {
    this.#sink = sink;
    this.#executorRows = [];
    this.#hostRows = [];
  }

  scan(start: number, end: number): number {
    this.#memory[this.#input + end] = NEWLINE;
    const last = this.#input + end;
    let at = this.#input + start;
    for (;;) {
      const next = this.#wasm.scan(at, last);
      this.#drain();
      if (next === at || next >= last) return next - this.#input;
      at = next;
    }
  }

  /** Hands over what one call of the scanner found: records and rare lines in the order of the log. */
  #drain(): void {
    const records = this.#wasm.recordCount.value;
    const rareLines = this.#wasm.rareCount.value;
    let record = 0;
    for (let i = 0; i < rareLines; i++) {
      const at = i * RARE_NUMBERS;
      const before = this.#rare[at + 2] as number;
      while (record < before) this.#take(record++);
      const line = this.#slice(this.#rare[at] as number, this.#rare[at + 1] as number);
      const projectionLength = this.#rare[at + 4] as number;
      if (projectionLength === 0) this.#read(line);
      else this.#sink.defer(this.#slice(this.#rare[at + 3] as number, projectionLength), line);
    }
    while (record < records) this.#take(record++);
    this.#sink.tasks.flush(this.#records);
  }

  /** The full reader may add a task end of its own, which must follow those before it. */
  #read(line: Uint8Array): void {
    this.#sink.tasks.flush(this.#records);
    this.#sink.line(line);
  }

  #slice(offset: number, length: number): Uint8Array {
    return this.#memory.subarray(offset, offset + length);
  }

  #take(index: number): void {
    const base = index * RECORD_SLOTS;
    const records = this.#records;
    const isEnd = records[base + SLOT.kind] === SCOPE_TASK_END;
    const taken = isEnd ? this.#takeEnd(base) : this.#takeStart(base);
    if (taken) this.#sink.countTaskEvents(1);
    else this.#read(this.#slice(records[base + SLOT.lineOffset] as number, records[base + SLOT.lineLength] as number));
  }

  /** Successful tasks only: the others carry texts, which the full reader takes. */
  #takeEnd(base: number): boolean {
    const records = this.#records;
    if (this.#text(records[base + SLOT.reason] as number) !== 'Success') return false;
    return this.#sink.tasks.succeed(
      records,
      base,
      this.#executorRow(records[base + SLOT.executorId] as number),
      this.#hostRow(records[base + SLOT.host] as number),
      this.#localityCode(records[base + SLOT.locality] as number),
    );
  }

  #takeStart(base: number): boolean {
    const records = this.#records;
    return this.#sink.tasks.start(records, base, {
      executorId: this.#text(records[base + SLOT.executorId] as number),
      host: this.#text(records[base + SLOT.host] as number),
      locality: this.#text(records[base + SLOT.locality] as number),
    });
  }

  /** Text of an interned id; empty for NaN, which stands for a missing field. */
  #text(id: number): string {
    if (Number.isNaN(id)) return '';
    const known = this.#texts[id];
    if (known !== undefined) return known;
    const offset = this.#wasm.internOffset(id);
    const text = Buffer.from(this.#memory.buffer, offset, this.#wasm.internLength(id)).toString('latin1');
    this.#texts[id] = text;
    return text;
  }

  #executorRow(id: number): number {
    if (Number.isNaN(id)) return this.#sink.tasks.executorRow('');
    const known = this.#executorRows[id];
    if (known !== undefined) return known;
    const row = this.#sink.tasks.executorRow(this.#text(id));
    this.#executorRows[id] = row;
    return row;
  }

  #hostRow(id: number): number {
    if (Number.isNaN(id)) return this.#sink.tasks.hostRow('');
    const known = this.#hostRows[id];
    if (known !== undefined) return known;
    const row = this.#sink.tasks.hostRow(this.#text(id));
    this.#hostRows[id] = row;
    return row;
  }

  #localityCode(id: number): number {
    if (Number.isNaN(id)) return localityCode('');
    const known = this.#localityCodes[id];
    if (known !== undefined) return known;
    const code = localityCode(this.#text(id));
    this.#localityCodes[id] = code;
    return code;
  }

  #addKeys(): void {
    const wasm = this.#wasm;
    wasm.setRecordSlots(RECORD_SLOTS);
    let at = wasm.KEY_BYTES.value;
    let scopes = SCOPE_EVENTS;
    const add = (scope: number, name: string, kind: number, slot: number, child: number) => {
      this.#memory.set(Buffer.from(`${name}":`, 'latin1'), at);
      wasm.addKey(scope, at, name.length, kind, slot, child);
      at += name.length + 2;
    };
    const addFields = (scope: number, fields: Readonly<Record<string, FieldSpec>>) => {
      for (const [name, field] of Object.entries(fields)) {
        const child = field.kind === 'object' ? ++scopes : 0;
        add(scope, name, KIND_CODES[field.kind], field.slot, child);
        if (field.kind === 'object') addFields(child, field.fields);
      }
    };
    addFields(SCOPE_TASK_END, TASK_END_FIELDS);
    addFields(SCOPE_TASK_START, TASK_START_FIELDS);
    const addMembers = (scope: number, members: Members) => {
      for (const [name, inner] of Object.entries(members)) {
        if (inner === 'all') add(scope, name, KIND_CODES.copy, 0, 0);
        else if (inner === 'name') add(scope, name, KIND_CODES.name, 0, 0);
        else {
          const child = ++scopes;
          add(scope, name, KIND_CODES.project, 0, child);
          addMembers(child, inner);
          if (scope === SCOPE_EVENTS) add(child, 'Event', KIND_CODES.forbidden, 0, 0);
        }
      }
    };
    addMembers(SCOPE_EVENTS, EVENT_MEMBERS);
    // The event's name again: JSON.parse would keep the last.
    add(SCOPE_TASK_END, 'Event', KIND_CODES.forbidden, SLOT.kind, 0);
    add(SCOPE_TASK_START, 'Event', KIND_CODES.forbidden, SLOT.kind, 0);
  }
}

function onAbort(): never {
  throw new Error('scan.wasm aborted');
}
