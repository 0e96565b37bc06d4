/**
 * The byte scanner, in AssemblyScript: takes task events straight from the bytes of a log, and cuts every other known
 * event down to the members that the model needs, so that the little that is left can be parsed.
 *
 * Soundness: a line is accepted only if JSON.parse would accept it too and would give the same fields. Everything that is
 * not in the expected form (white space, escapes in keys, fractions where whole numbers belong, a key twice, nesting
 * deeper than MAX_DEPTH …) is refused, and the caller parses that line in full. Bytes at `end` must be a newline.
 *
 * Built into ../scan.wasm by `npm run build:wasm`; the check run builds it again and compares.
 */

/** Memory: static data, then the key table, strings, records, rare lines, and the input buffer up to the end. */
export const KEY_TABLE: usize = 0x10000;
export const KEY_TABLE_ENTRIES: u32 = 1024;
export const KEY_BYTES: usize = 0x20000;
export const INTERN_TABLE: usize = 0x30000;
export const INTERN_TABLE_ENTRIES: u32 = 8192;
export const INTERN_BYTES: usize = 0x50000;
export const INTERN_BYTES_END: usize = 0x90000;
export const RECORDS: usize = 0x90000;
/** For each scope the entry of the key that came first the last time. */
const FIRST_KEYS: usize = 0xc7000;
/** Lengths of the four varying parts of each accumulable of the line before, by its place in the list. */
const LENGTHS: usize = 0xc8000;
const MAX_LENGTHS: i32 = 1024;
export const MAX_RECORDS: i32 = 256;
export const RARE: usize = 0xd0000;
export const MAX_RARE: i32 = 4096;
export const PROJECTIONS: usize = 0xf0000;
export const PROJECTIONS_END: usize = 0x1f0000;
export const INPUT: usize = 0x1f0000;

/** Set by the host: f64 numbers in one record. */
export let recordSlots: i32 = 0;
export let recordCount: i32 = 0;
export let rareCount: i32 = 0;
/** Interned strings so far; entry i of the list below is (offset u32, length u32). */
export let internCount: i32 = 0;

const MAX_DEPTH: i32 = 1000;
const MAX_INTERN_LENGTH: u32 = 256;
const MAX_INTERNED: i32 = 4096;
const INTERN_LIST: usize = INTERN_TABLE + 8192 * 8;

/** Field kinds in the key table. */
const KIND_NUMBER: u8 = 1;
const KIND_STRING: u8 = 2;
const KIND_BOOLEAN: u8 = 3;
const KIND_OBJECT: u8 = 4;
/** A member that nobody needs, met before: its value is skipped. */
const KIND_SKIP: u8 = 9;
/** Most keys in the table, and the longest that is learnt: lookups stay short whatever a log invents. */
const MAX_KEYS: u32 = 512;
const MAX_LEARNT_LENGTH: u32 = 64;

/** A member that must not be there. */
const KIND_FORBIDDEN: u8 = 5;
/** Members of a projection: copied as they are, or with only the known members of the objects in them. */
const KIND_COPY: u8 = 6;
const KIND_PROJECT: u8 = 7;
/** Copied, unless it begins with `internal.metrics`: then the object that it names is emptied. */
const KIND_NAME: u8 = 8;

/** The scope whose keys are the names of events that are cut down; their child scopes hold the members to keep. */
const SCOPE_EVENTS: u8 = 3;

/** `"internal.metric` as two numbers. */
const INTERNAL_1: u64 = 0x616e7265746e6922;
const INTERNAL_2: u64 = 0x63697274656d2e6c;

const FAILED: usize = usize.MAX_VALUE;

const SLOT_KIND: usize = 0;
const SLOT_OFFSET: usize = 1;
const SLOT_LENGTH: usize = 2;

const QUOTE: u8 = 0x22;
const COMMA: u8 = 0x2c;
const MINUS: u8 = 0x2d;
const DOT: u8 = 0x2e;
const ZERO: u8 = 0x30;
const NINE: u8 = 0x39;
const COLON: u8 = 0x3a;
const BACKSLASH: u8 = 0x5c;
const OPEN_BRACKET: u8 = 0x5b;
const CLOSE_BRACKET: u8 = 0x5d;
const OPEN_BRACE: u8 = 0x7b;
const CLOSE_BRACE: u8 = 0x7d;
const NEWLINE: u8 = 0x0a;

let p: usize = 0;
let record: usize = 0;
let internBytes: usize = INTERN_BYTES;
let keyCount: u32 = 0;
let keyBytes: usize = KEY_BYTES;
let out: usize = PROJECTIONS;
let overflow: bool = false;
let dropped: bool = false;
let element: usize = 0;

export function setRecordSlots(slots: i32): void {
  recordSlots = slots;
}

/**
 * Adds a key to the table. 16 bytes an entry: offset u32, length u16, scope u8, kind u8, slot u16, child scope u8, and at 12
 * the entry of the key that followed the last time, u32. The key's bytes are followed by `":`, as in a log.
 */
export function addKey(scope: u8, offset: u32, length: u32, kind: u8, slot: u16, child: u8): void {
  let at = keyHash(scope, <usize>offset, length);
  while (load<u8>(entry(at), 7) != 0) at = (at + 1) & (KEY_TABLE_ENTRIES - 1);
  const e = entry(at);
  store<u32>(e, offset);
  store<u16>(e, <u16>length, 4);
  store<u8>(e, scope, 6);
  store<u8>(e, kind, 7);
  store<u16>(e, slot, 8);
  store<u8>(e, child, 10);
  keyCount++;
  keyBytes = max(keyBytes, <usize>offset + <usize>length + 2);
}

/** Makes an unknown key a known one to skip, so that it too is expected the next time. 0 when there is no room. */
function learnKey(scope: u8, at: usize, length: u32): usize {
  if (keyCount >= MAX_KEYS || length == 0 || length > MAX_LEARNT_LENGTH || keyBytes + <usize>length + 2 > INTERN_TABLE) return 0;
  const offset = <u32>keyBytes;
  memory.copy(keyBytes, at, <usize>length + 2);
  addKey(scope, offset, length, KIND_SKIP, 0, 0);
  return findKey(scope, at, length);
}

/** Whether the bytes at `at` are this entry's key with the quote and the colon after it. */
// @ts-ignore: decorator
@inline
function isKey(e: usize, at: usize): bool {
  const known = <usize>load<u32>(e);
  const length = <usize>load<u16>(e, 4) + 2;
  if (length >= 8) {
    const last = length - 8;
    for (let i: usize = 0; i < last; i += 8) if (load<u64>(known + i) != load<u64>(at + i)) return false;
    return load<u64>(known + last) == load<u64>(at + last);
  }
  if (length >= 4) return load<u32>(known) == load<u32>(at) && load<u32>(known + length - 4) == load<u32>(at + length - 4);
  return sameBytes(known, at, <u32>length);
}

// @ts-ignore: decorator
@inline
function entry(at: u32): usize {
  return KEY_TABLE + <usize>at * 16;
}

// @ts-ignore: decorator
@inline
function keyHash(scope: u8, at: usize, length: u32): u32 {
  const first = <u32>load<u8>(at);
  const middle = <u32>load<u8>(at + (length >> 1));
  const last = <u32>load<u8>(at + length - 1);
  return (<u32>scope * 57 + length * 13 + first * 31 + middle * 7 + last * 3) & (KEY_TABLE_ENTRIES - 1);
}

function findKey(scope: u8, at: usize, length: u32): usize {
  if (length == 0) return 0;
  let i = keyHash(scope, at, length);
  while (true) {
    const e = entry(i);
    if (load<u8>(e, 7) == 0) return 0;
    if (<u32>load<u16>(e, 4) == length && load<u8>(e, 6) == scope && sameBytes(<usize>load<u32>(e), at, length)) return e;
    i = (i + 1) & (KEY_TABLE_ENTRIES - 1);
  }
}

// @ts-ignore: decorator
@inline
function sameBytes(a: usize, b: usize, length: u32): bool {
  let i: u32 = 0;
  while (i + 8 <= length) {
    if (load<u64>(a + i) != load<u64>(b + i)) return false;
    i += 8;
  }
  while (i < length) {
    if (load<u8>(a + i) != load<u8>(b + i)) return false;
    i++;
  }
  return true;
}

/** Scans whole lines of [start, end); returns where the first line begins that was not taken. Stops early when a list is full. */
export function scan(start: usize, end: usize): usize {
  recordCount = 0;
  rareCount = 0;
  out = PROJECTIONS;
  let line = start;
  while (line < end) {
    if (recordCount == MAX_RECORDS || rareCount == MAX_RARE) break;
    if (takeTask(line, end)) {
      line = p + 1;
      continue;
    }
    const newline = findNewline(line);
    if (newline >= end) break;
    const projection = out;
    if (!projectEvent(line, newline)) {
      out = projection;
      // No room left: hand over what there is first.
      if (overflow && projection != PROJECTIONS) break;
    }
    const rare = RARE + <usize>rareCount * 20;
    store<u32>(rare, <u32>line);
    store<u32>(rare, <u32>(newline - line), 4);
    store<u32>(rare, <u32>recordCount, 8);
    store<u32>(rare, <u32>projection, 12);
    store<u32>(rare, <u32>(out - projection), 16);
    rareCount++;
    line = newline + 1;
  }
  return line;
}

/** Takes a task event into the next record. On success `p` is at the newline. */
function takeTask(line: usize, end: usize): bool {
  let scope: u8 = 0;
  if (!startsWithEvent(line)) return false;
  if (isTaskEnd(line)) {
    scope = 1;
    p = line + 32;
  } else if (isTaskStart(line)) {
    scope = 2;
    p = line + 34;
  } else return false;
  record = RECORDS + <usize>recordCount * <usize>recordSlots * 8;
  memory.fill(record, 0xff, <usize>recordSlots * 8);
  if (!members(scope, 0)) return false;
  if (p >= end || load<u8>(p) != NEWLINE) return false;
  store<f64>(record, <f64>scope, SLOT_KIND * 8);
  store<f64>(record, <f64>line, SLOT_OFFSET * 8);
  store<f64>(record, <f64>(p - line), SLOT_LENGTH * 8);
  recordCount++;
  return true;
}

/** Copies what the model needs of a known event to `out`. False when the event is unknown or not in the expected form. */
function projectEvent(line: usize, newline: usize): bool {
  overflow = false;
  if (load<u64>(line) != 0x22746e657645227b || load<u16>(line, 8) != 0x223a) return false;
  p = line + 10;
  if (!plainString()) return false;
  const e = findKey(SCOPE_EVENTS, line + 10, <u32>(p - 1 - (line + 10)));
  if (e == 0) return false;
  if (!emit(line, p - line)) return false;
  if (load<u8>(p) == COMMA) {
    p++;
    if (!projectMembers(load<u8>(e, 10), 1, 1)) return false;
  } else if (load<u8>(p) == CLOSE_BRACE) {
    p++;
    if (!emitByte(CLOSE_BRACE)) return false;
  } else return false;
  return p == newline;
}

/** From the first member to after the closing brace; `written` members stand before it in the output. */
function projectMembers(scope: u8, depth: i32, before: i32): bool {
  let written = before;
  let internal = false;
  let named = false;
  while (true) {
    if (load<u8>(p) != QUOTE) return false;
    const key = p + 1;
    p = key;
    if (!plainString()) return false;
    const length = <u32>(p - 1 - key);
    if (load<u8>(p) != COLON) return false;
    p++;
    const e = findKey(scope, key, length);
    if (e == 0) {
      if (!skipValue(depth)) return false;
    } else {
      if (written > 0 && !emitByte(COMMA)) return false;
      if (!emit(key - 1, <usize>length + 3)) return false;
      written++;
      const kind = load<u8>(e, 7);
      // The event's own name again: JSON.parse would keep the last, so leave the line to it.
      if (kind == KIND_FORBIDDEN) return false;
      if (kind == KIND_NAME) {
        if (named) return false;
        named = true;
        internal = isInternalName(p);
      }
      if (!projectValue(kind == KIND_PROJECT ? load<u8>(e, 10) : 0, depth)) return false;
    }
    const next = load<u8>(p);
    p++;
    if (next == CLOSE_BRACE) {
      dropped = internal;
      return emitByte(CLOSE_BRACE);
    }
    if (next != COMMA) return false;
  }
}

/** `"internal.metrics` */
// @ts-ignore: decorator
@inline
function isInternalName(at: usize): bool {
  return load<u64>(at) == INTERNAL_1 && load<u64>(at, 8) == INTERNAL_2 && load<u8>(at, 16) == 0x73;
}

/** Copies a value; with a scope, only the known members of the objects in it. */
function projectValue(scope: u8, depth: i32): bool {
  const start = p;
  const byte = load<u8>(p);
  if (scope == 0 || (byte != OPEN_BRACE && byte != OPEN_BRACKET)) {
    return skipValue(depth) && emit(start, p - start);
  }
  if (depth >= MAX_DEPTH) return false;
  p++;
  if (!emitByte(byte)) return false;
  if (byte == OPEN_BRACE) {
    if (load<u8>(p) != CLOSE_BRACE) return projectMembers(scope, depth + 1, 0);
    p++;
    return emitByte(CLOSE_BRACE);
  }
  if (load<u8>(p) == CLOSE_BRACKET) {
    p++;
    return emitByte(CLOSE_BRACKET);
  }
  let written = 0;
  while (true) {
    const element = out;
    if (written > 0 && !emitByte(COMMA)) return false;
    dropped = false;
    if (!projectValue(scope, depth + 1)) return false;
    // An empty object stands for it: how many there are decides the order in which Spark lists the others.
    if (dropped) {
      out = element;
      if (written > 0 && !emitByte(COMMA)) return false;
      if (!emitByte(OPEN_BRACE) || !emitByte(CLOSE_BRACE)) return false;
    }
    written++;
    dropped = false;
    const next = load<u8>(p);
    p++;
    if (next == CLOSE_BRACKET) return emitByte(CLOSE_BRACKET);
    if (next != COMMA) return false;
  }
}

// @ts-ignore: decorator
@inline
function emit(from: usize, length: usize): bool {
  if (out + length > PROJECTIONS_END) {
    overflow = true;
    return false;
  }
  memory.copy(out, from, length);
  out += length;
  return true;
}

// @ts-ignore: decorator
@inline
function emitByte(byte: u8): bool {
  if (out + 1 > PROJECTIONS_END) {
    overflow = true;
    return false;
  }
  store<u8>(out, byte);
  out++;
  return true;
}

/** `{"Event":"SparkL` as sixteen bytes. */
// @ts-ignore: decorator
@inline
function startsWithEvent(line: usize): bool {
  return load<u64>(line) == 0x22746e657645227b && load<u64>(line, 8) == 0x4c6b72617053223a;
}

/** `istenerTaskEnd",` after the first sixteen bytes. */
// @ts-ignore: decorator
@inline
function isTaskEnd(line: usize): bool {
  return load<u64>(line, 16) == 0x5472656e65747369 && load<u64>(line, 24) == 0x2c22646e456b7361;
}

/** `istenerTaskStart",` after the first sixteen bytes. */
// @ts-ignore: decorator
@inline
function isTaskStart(line: usize): bool {
  return (
    load<u64>(line, 16) == 0x5472656e65747369 &&
    load<u64>(line, 24) == 0x74726174536b7361 &&
    load<u16>(line, 32) == 0x2c22
  );
}

/** The members of an object whose fields are known, from after its brace (or its first member) to after its closing brace. */
function members(scope: u8, depth: i32): bool {
  if (load<u8>(p) == CLOSE_BRACE) {
    p++;
    return true;
  }
  // Members come in the same order in every event: the key that followed this one the last time is tried first.
  let link = FIRST_KEYS + <usize>scope * 4;
  while (true) {
    if (load<u8>(p) != QUOTE) return false;
    let e = <usize>load<u32>(link);
    if (e != 0 && isKey(e, p + 1)) p += <usize>load<u16>(e, 4) + 3;
    else {
      e = readKey(scope);
      if (e == FAILED) return false;
      if (e != 0) store<u32>(link, <u32>e);
    }
    if (e == 0 || load<u8>(e, 7) == KIND_SKIP) {
      if (!skipValue(depth + 1)) return false;
    } else if (!takeValue(e, depth)) return false;
    if (e != 0) link = e + 12;
    const next = load<u8>(p);
    p++;
    if (next == CLOSE_BRACE) return true;
    if (next != COMMA) return false;
  }
}

/** From a key's opening quote to after its colon: its entry, 0 when it has none, FAILED when it is no plain key. */
function readKey(scope: u8): usize {
  const key = p + 1;
  p = key;
  if (!plainString()) return FAILED;
  const length = <u32>(p - 1 - key);
  if (load<u8>(p) != COLON) return FAILED;
  p++;
  const e = findKey(scope, key, length);
  return e != 0 ? e : learnKey(scope, key, length);
}

function takeValue(e: usize, depth: i32): bool {
  const slot = record + <usize>load<u16>(e, 8) * 8;
  const kind = load<u8>(e, 7);
  // A key that comes twice: JSON.parse keeps the last, so leave the line to it.
  if (load<u64>(slot) != u64.MAX_VALUE) return false;
  if (kind == KIND_NUMBER) return takeNumber(slot);
  if (kind == KIND_STRING) return takeString(slot);
  if (kind == KIND_BOOLEAN) return takeBoolean(slot);
  if (kind == KIND_OBJECT) {
    if (load<u8>(p) == OPEN_BRACE) {
      p++;
      store<f64>(slot, 1);
      return members(load<u8>(e, 10), depth + 1);
    }
    // null: the slot says 0, which also marks it as seen.
    if (load<u32>(p) == 0x6c6c756e) {
      p += 4;
      store<f64>(slot, 0);
      return true;
    }
  }
  return false;
}

/** A whole number of at most fifteen digits, not negative. */
function takeNumber(slot: usize): bool {
  const first = p;
  const others = i8x16.bitmask(i8x16.gt_u(i8x16.sub(v128.load(p), i8x16.splat(0x30)), i8x16.splat(9)));
  const digits = <usize>ctz(others);
  if (others == 0 || digits == 0) return false;
  if (load<u8>(first) == ZERO && digits > 1) return false;
  const value = digits <= 8 ? upTo8(first, digits) : upTo8(first, digits - 8) * 100_000_000 + upTo8(first + digits - 8, 8);
  p += digits;
  const next = load<u8>(p);
  if (next != COMMA && next != CLOSE_BRACE) return false;
  store<f64>(slot, <f64>value);
  return true;
}

/** The number that one to eight digits make, all at once. */
// @ts-ignore: decorator
@inline
function upTo8(at: usize, digits: usize): u64 {
  let v = load<u64>(at) << (64 - <u64>digits * 8);
  v = ((v & 0x0f0f0f0f0f0f0f0f) * 2561) >> 8;
  v = ((v & 0x00ff00ff00ff00ff) * 6553601) >> 16;
  return ((v & 0x0000ffff0000ffff) * 42949672960001) >> 32;
}

function takeBoolean(slot: usize): bool {
  if (load<u32>(p) == 0x65757274) {
    p += 4;
    store<f64>(slot, 1);
    return true;
  }
  if (load<u32>(p) == 0x736c6166 && load<u8>(p, 4) == 0x65) {
    p += 5;
    store<f64>(slot, 0);
    return true;
  }
  return false;
}

/** A plain string, stored as its number in the list of interned strings. */
function takeString(slot: usize): bool {
  if (load<u8>(p) != QUOTE) return false;
  const start = ++p;
  if (!plainString()) return false;
  const length = <u32>(p - 1 - start);
  if (length > MAX_INTERN_LENGTH) return false;
  const id = intern(start, length);
  if (id < 0) return false;
  store<f64>(slot, <f64>id);
  return true;
}

function intern(start: usize, length: u32): i32 {
  let hash: u32 = 2166136261;
  for (let i: u32 = 0; i < length; i++) hash = (hash ^ <u32>load<u8>(start + i)) * 16777619;
  let at = hash & (INTERN_TABLE_ENTRIES - 1);
  while (true) {
    const id = load<u32>(INTERN_TABLE + <usize>at * 4);
    if (id == 0) break;
    const item = INTERN_LIST + <usize>(id - 1) * 8;
    if (load<u32>(item, 4) == length && sameBytes(<usize>load<u32>(item), start, length)) return <i32>(id - 1);
    at = (at + 1) & (INTERN_TABLE_ENTRIES - 1);
  }
  if (internCount == MAX_INTERNED || internBytes + <usize>length > INTERN_BYTES_END) return -1;
  memory.copy(internBytes, start, <usize>length);
  const item = INTERN_LIST + <usize>internCount * 8;
  store<u32>(item, <u32>internBytes);
  store<u32>(item, length, 4);
  internBytes += <usize>length;
  internCount++;
  store<u32>(INTERN_TABLE + <usize>at * 4, <u32>internCount);
  return internCount - 1;
}

export function internOffset(id: i32): u32 {
  return load<u32>(INTERN_LIST + <usize>id * 8);
}

export function internLength(id: i32): u32 {
  return load<u32>(INTERN_LIST + <usize>id * 8, 4);
}

/** Bytes that end a run of plain string characters: quote, backslash, control, and everything from 0x80 on. */
// @ts-ignore: decorator
@inline
function specialMask(at: usize): i32 {
  const v = v128.load(at);
  const special = v128.or(
    i8x16.lt_s(v, i8x16.splat(0x20)),
    v128.or(i8x16.eq(v, i8x16.splat(0x22)), i8x16.eq(v, i8x16.splat(0x5c))),
  );
  return i8x16.bitmask(special);
}

/** From after the opening quote to after the closing one; only plain ASCII. */
// @ts-ignore: decorator
@inline
function plainString(): bool {
  while (true) {
    const mask = specialMask(p);
    if (mask != 0) {
      p += <usize>ctz(mask);
      if (load<u8>(p) != QUOTE) return false;
      p++;
      return true;
    }
    p += 16;
  }
}

/** From after the opening quote to after the closing one; any valid JSON string, any UTF-8. */
function anyString(): bool {
  while (true) {
    const mask = specialMask(p);
    if (mask == 0) {
      p += 16;
      continue;
    }
    p += <usize>ctz(mask);
    const byte = load<u8>(p);
    if (byte == QUOTE) {
      p++;
      return true;
    }
    if (byte >= 0x80) p++;
    else if (byte == BACKSLASH) {
      if (!escape()) return false;
    } else return false;
  }
}

function escape(): bool {
  const byte = load<u8>(p, 1);
  // " \ / b f n r t
  if (byte == QUOTE || byte == BACKSLASH || byte == 0x2f || byte == 0x62 || byte == 0x66 || byte == 0x6e || byte == 0x72 || byte == 0x74) {
    p += 2;
    return true;
  }
  if (byte != 0x75) return false;
  for (let i: usize = 2; i < 6; i++) {
    const hex = load<u8>(p + i);
    const lower = hex | 0x20;
    if (!((hex >= ZERO && hex <= NINE) || (lower >= 0x61 && lower <= 0x66))) return false;
  }
  p += 6;
  return true;
}

/** Any JSON value without white space. */
function skipValue(depth: i32): bool {
  const byte = load<u8>(p);
  if (byte == QUOTE) {
    p++;
    return anyString();
  }
  if (byte == OPEN_BRACE) return depth < MAX_DEPTH && skipObject(depth + 1);
  if (byte == OPEN_BRACKET) return depth < MAX_DEPTH && skipArray(depth + 1);
  if (byte == 0x74 && load<u32>(p) == 0x65757274) {
    p += 4;
    return true;
  }
  if (byte == 0x66 && load<u32>(p, 1) == 0x65736c61) {
    p += 5;
    return true;
  }
  if (byte == 0x6e && load<u32>(p) == 0x6c6c756e) {
    p += 4;
    return true;
  }
  return skipNumber();
}

function skipObject(depth: i32): bool {
  p++;
  if (load<u8>(p) == CLOSE_BRACE) {
    p++;
    return true;
  }
  while (true) {
    if (load<u8>(p) != QUOTE) return false;
    p++;
    if (!anyString()) return false;
    if (load<u8>(p) != COLON) return false;
    p++;
    if (!skipValue(depth)) return false;
    const next = load<u8>(p);
    p++;
    if (next == CLOSE_BRACE) return true;
    if (next != COMMA) return false;
  }
}

function skipArray(depth: i32): bool {
  p++;
  if (load<u8>(p) == CLOSE_BRACKET) {
    p++;
    return true;
  }
  element = LENGTHS;
  while (true) {
    if (!knownAccumulable() && !skipValue(depth)) return false;
    if (element < LENGTHS + (MAX_LENGTHS - 1) * 4) element += 4;
    const next = load<u8>(p);
    p++;
    if (next == CLOSE_BRACKET) return true;
    if (next != COMMA) return false;
  }
}

/**
 * An accumulable as Spark writes it: {"ID":1,"Name":"…","Update":…,"Value":…,"Internal":true,"Count Failed Values":true},
 * with "Metadata":"sql" at the end for SQL metrics. They are most of a large log, so their known bytes are compared
 * eight at a time. Anything else: false, with `p` where it was.
 *
 * Where each part ends is what the next part's address waits for. One task's accumulables are much like those of the task
 * before, so the lengths seen there are tried first: the processor goes on from the length it expects and checks it
 * meanwhile.
 */
function knownAccumulable(): bool {
  const start = p;
  if (accumulable()) return true;
  p = start;
  return false;
}

// @ts-ignore: decorator
@inline
function accumulable(): bool {
  // {"ID":
  if (load<u32>(p) != 0x4449227b || load<u16>(p, 4) != 0x3a22) return false;
  p += 6;
  if (!wholeNumber(element)) return false;
  // ,"Name":"
  if (load<u64>(p) != 0x3a22656d614e222c || load<u8>(p, 8) != QUOTE) return false;
  p += 9;
  if (!text(element + 1)) return false;
  // ,"Update":
  if (load<u64>(p) != 0x657461647055222c || load<u16>(p, 8) != 0x3a22) return false;
  p += 10;
  if (!numberOrText(element + 2)) return false;
  // ,"Value":
  if (load<u64>(p) != 0x2265756c6156222c || load<u8>(p, 8) != COLON) return false;
  p += 9;
  if (!numberOrText(element + 3)) return false;
  // ,"Internal":true,"Count Failed Values":true
  if (load<u64>(p) != 0x6e7265746e49222c || load<u32>(p, 8) != 0x3a226c61) return false;
  p += 12;
  if (!truth()) return false;
  if (load<u64>(p) != 0x20746e756f43222c || load<u64>(p, 8) != 0x562064656c696146 || load<u64>(p, 13) != 0x7365756c61562064) return false;
  p += 21;
  if (load<u16>(p) != 0x3a22) return false;
  p += 2;
  if (!truth()) return false;
  if (load<u8>(p) == CLOSE_BRACE) {
    p++;
    return true;
  }
  // ,"Metadata":"sql"}
  if (load<u64>(p) != 0x61646174654d222c || load<u64>(p, 8) != 0x6c7173223a226174 || load<u16>(p, 16) != 0x7d22) return false;
  p += 18;
  return true;
}

/** `true` or `false`. */
// @ts-ignore: decorator
@inline
function truth(): bool {
  if (load<u32>(p) == 0x65757274) {
    p += 4;
    return true;
  }
  if (load<u32>(p) == 0x736c6166 && load<u8>(p, 4) == 0x65) {
    p += 5;
    return true;
  }
  return false;
}

/** Digits without a leading zero, up to sixteen of them; as many as `expected` says, if it is right. */
// @ts-ignore: decorator
@inline
function wholeNumber(expected: usize): bool {
  const v = i8x16.sub(v128.load(p), i8x16.splat(0x30));
  const others = i8x16.bitmask(i8x16.gt_u(v, i8x16.splat(9)));
  const first = load<u8>(p);
  const length = <u8>ctz(others);
  const guess = load<u8>(expected);
  if (others == 0 || length == 0 || (length > 1 && first == ZERO)) return false;
  if (length == guess) p += <usize>guess;
  else {
    store<u8>(expected, length);
    p += <usize>length;
  }
  return true;
}

/** From after the opening quote to after the closing one, plain ASCII; as long as `expected` says, if it is right. */
// @ts-ignore: decorator
@inline
function text(expected: usize): bool {
  const guess = <usize>load<u8>(expected);
  let from = p;
  let mask = specialMask(from);
  if (guess >= 16) {
    if (mask != 0) return textAfresh(expected);
    from += 16;
    mask = specialMask(from);
    if (guess >= 32) {
      if (mask != 0) return textAfresh(expected);
      from += 16;
      mask = specialMask(from);
    }
  }
  if (mask == 0 || from + <usize>ctz(mask) != p + guess || load<u8>(p + guess) != QUOTE) return textAfresh(expected);
  p += guess + 1;
  return true;
}

function textAfresh(expected: usize): bool {
  const start = p;
  if (!plainString()) return false;
  const length = p - 1 - start;
  if (length < 48) store<u8>(expected, <u8>length);
  return true;
}

// @ts-ignore: decorator
@inline
function numberOrText(expected: usize): bool {
  if (load<u8>(p) != QUOTE) return wholeNumber(expected);
  p++;
  return text(expected);
}

/** -?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)? */
function skipNumber(): bool {
  if (load<u8>(p) == MINUS) p++;
  if (load<u8>(p) == ZERO) p++;
  else if (digits() == 0) return false;
  if (load<u8>(p) == DOT) {
    p++;
    if (digits() == 0) return false;
  }
  if ((load<u8>(p) | 0x20) == 0x65) {
    p++;
    const sign = load<u8>(p);
    if (sign == 0x2b || sign == MINUS) p++;
    if (digits() == 0) return false;
  }
  return true;
}

// @ts-ignore: decorator
@inline
function digits(): usize {
  const first = p;
  while (<u32>load<u8>(p) - ZERO <= 9) p++;
  return p - first;
}

function findNewline(from: usize): usize {
  let at = from;
  while (true) {
    const mask = i8x16.bitmask(i8x16.eq(v128.load(at), i8x16.splat(0x0a)));
    if (mask != 0) return at + <usize>ctz(mask);
    at += 16;
  }
}
